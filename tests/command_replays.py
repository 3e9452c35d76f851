"""How every documented command is run, at toy size. A documented command that is missing here fails a test.

Slow ones (with Ray or separate processes) are in `LONG`.
"""

# ruff: noqa: E501
from __future__ import annotations

BENCH = (
    "xlingual bench {pretrained} --train {train} --score {xquad} --study {root}/studies/quickstart.yaml --json "
    "--updates 1 --batch 2 --languages en,de --questions 1 --max-length 64 --stride 16 --max-train-examples 40 "
    "--precision fp32 --threads 1 --set name=measured"
)
STUDY_DIR = "{studies}/small"
INSPECTED = f"xlingual inspect {STUDY_DIR} --data {{xquad}}"
CHECKLIST = f"xlingual checklist {STUDY_DIR}"
# For studies: every part is as small as possible, and downloads are replaced by the toy world.
SMALL = (
    "--set training.updates=2 --set training.reports=1 --set training.batch_size=4 --set training.micro_batch_size=4 "
    "--set search.trials_per_arm=1 --set replicates.searches=1 --set replicates.seeds=1"
)
TOY = f"{SMALL} --set 'data.test={{{{source: toy, languages: [en, de]}}}}'"
COPIES = (
    "--set data.test.languages=[en,de] --set windows.max_length=64 --set windows.stride=16 "
    "--set model={model} --set data.train={train} --set data.test.source={xquad} --set data.faq.source={faq} "
    "--set data.faq.filters=off --set data.faq.rows_per_language=200 --set data.faq.allow_shortage=true "
    "--set 'data.faq.passages={{span: answer, answers: 4, min_passage_characters: 1}}'"
)
TASK = "--model {pretrained} --train {train} --max-length 64 --stride 16 --batch 2 --runs 1 --threads 1"
QUALITY = "--quality-updates 2 --quality-batch 4 --quality-examples 40 --quality-dev 4 --tolerance 100"

CLAIMS = (
    "python analysis/claims.py {studies}/claims_webfaq_small --csv {folder}/e.csv "
    "--claims {root}/studies/claims/claims.yaml"
)
CONTAMINATION = "python tests/benchmarks/contamination.py --data {xquad} --clean {train} {dev} --rows 100 --runs 1 --json {folder}/e"

# Needs a cluster, as in tests/cluster/test_submit.py; here only its options are parsed.
SUBMIT = (
    "xlingual submit {root}/studies/quickstart.yaml --cluster {cluster} --storage /mnt/studies --down-when-done "
    "--no-follow --set name=other --json --help"
)
TRANSLATED = (
    "xlingual cluster export {cluster} {root}/studies/quickstart.yaml --to kuberay --storage /mnt/studies "
    "--set name=other"
)

# Needs a study that was really trained, as in tests/replay/test_replay.py; here only its options are parsed.
REPLAY = f"xlingual replay {STUDY_DIR} baseline/0 --all --test --keep {{folder}}/replayed --json --help"

# Needs the hub, as in tests/archive/test_push.py; here only its options are parsed.
PUSH = (
    f"xlingual push {STUDY_DIR} webfaq/seed-1 --to ada/mine --arm webfaq --replicate 1 --records --public --yes --json "
    "--help"
)

# Needs a tracker's library, as in tests/trackers/test_tracker_libraries.py; here only its options are parsed.
TRACK = f"xlingual track {STUDY_DIR} --to mlflow --at {{folder}}/tracked --project mine --json --help"

QUICK = {
    "xlingual track STUDY_DIR": TRACK,
    "xlingual export STUDY_DIR --optuna study.db": f"xlingual export {STUDY_DIR} --optuna {{folder}}/small.db",
    "xlingual push STUDY_DIR webfaq/seed-10101 --to USER/NAME": PUSH,
    "xlingual push STUDY_DIR --arm webfaq --replicate 1 --to USER/NAME": PUSH,
    "xlingual push STUDY_DIR --records --to USER/NAME": PUSH,
    "xlingual replay STUDY_DIR TRIAL": REPLAY,
    "xlingual replay STUDY_DIR --all": REPLAY,
    "xlingual export STUDY_DIR FILE.tar.gz": f"xlingual export {STUDY_DIR} {{folder}}/small.tar.gz",
    "xlingual plan studies/baselines.yaml": "xlingual plan {root}/studies/baselines.yaml",
    "xlingual plan studies/webfaq_mix.yaml": "xlingual plan {root}/studies/webfaq_mix.yaml",
    "xlingual plan studies/webfaq_recipes.yaml": "xlingual plan {root}/studies/webfaq_recipes.yaml",
    "xlingual plan studies/robust_xlmr_base.yaml": "xlingual plan {root}/studies/robust_xlmr_base.yaml",
    # For a GPU cluster, with models from the hub: only checked and planned here.
    "xlingual run studies/baselines.yaml --set name=baselines_long --set training.updates=8000 "
    "--set training.batch_size=128": "xlingual plan {root}/studies/baselines.yaml --set name=baselines_long "
    "--set training.updates=8000 --set training.batch_size=128",
    "xlingual validate wrong.yaml": "xlingual validate {root}/studies/quickstart.yaml",
    "xlingual validate STUDY": "xlingual validate {root}/studies/quickstart.yaml",
    "xlingual schema": "xlingual schema",
    "xlingual schema > study.schema.json": "xlingual schema",
    "xlingual schema --field training.learning_rate": "xlingual schema --field training.learning_rate",
    # The first hour; tests/on_ray/test_first_hour.py runs them one after the other, `run` included.
    "xlingual doctor": "xlingual doctor --storage {folder}/storage",
    "xlingual init my_study --train my.json --test my_test.json --faq my_faq.jsonl --language fi": "xlingual init "
    "my_study --gpus 0 --train {train} --test {mydata}/fi.json --faq {rows}/deu.jsonl --language fi",
    "xlingual validate my_study.yaml": "xlingual validate {root}/studies/quickstart.yaml",
    "xlingual plan my_study.yaml": "xlingual plan {root}/studies/quickstart.yaml",
    "xlingual data webfaq --study my_study.yaml": "xlingual data webfaq {faq} --languages de --rows 20 "
    "--study {root}/studies/quickstart.yaml",
    "xlingual cluster check cluster.yaml": "xlingual cluster check {cluster}",
    "xlingual cluster check CLUSTER_YAML [STUDY]": "xlingual cluster check {cluster} {root}/studies/quickstart.yaml "
    "--storage /mnt/studies",
    "xlingual cluster check cluster.yaml studies/NAME.yaml --storage s3://BUCKET/studies": "xlingual cluster check {cluster} "
    "{root}/studies/quickstart.yaml --storage /mnt/studies",
    "xlingual plan STUDY": "xlingual plan {root}/studies/quickstart.yaml",
    "xlingual plan --bench": "xlingual plan {root}/studies/quickstart.yaml --bench {speed}",
    "xlingual plan --power": "xlingual plan {root}/studies/baselines.yaml --power",
    "xlingual plan STUDY --power": "xlingual plan {root}/studies/baselines.yaml --power",
    "xlingual plan STUDY --power --like STUDY_DIR": "xlingual plan {root}/studies/webfaq_mix.yaml --power "
    f"--like {STUDY_DIR}",
    "xlingual plan STUDY --bench speed.json": "xlingual plan {root}/studies/quickstart.yaml --bench {speed}",
    "xlingual bench MODEL --train squad/train-v1.1.json --score xquad --json > speed.json": BENCH,
    "xlingual bench MODEL --study STUDY": BENCH,
    # What is asked of a study stays in its records; here only the options are parsed.
    "xlingual control STUDY_DIR ACTION [VALUE]": f"xlingual control {STUDY_DIR} retry --failed --json --help",
    "xlingual control STUDY_DIR": f"xlingual control {STUDY_DIR}",
    "xlingual status STUDY_DIR [--json]": f"xlingual status {STUDY_DIR} --json",
    "xlingual status STUDY_DIR --follow": f"xlingual status {STUDY_DIR} --follow",
    "xlingual submit studies/NAME.yaml --cluster cluster.yaml --storage s3://BUCKET/studies": SUBMIT,
    "xlingual submit studies/baselines.yaml --cluster cluster.yaml --storage s3://BUCKET/studies": SUBMIT,
    "xlingual submit STUDY --cluster CLUSTER_YAML": SUBMIT,
    "xlingual cluster export CLUSTER_YAML STUDY --to kuberay": TRANSLATED,
    "xlingual report STUDY_DIR --json": f"xlingual report {STUDY_DIR} --json",
    "xlingual report STUDY_DIR --json | jq '.arms | map_values(.mean.f1)'": f"xlingual report {STUDY_DIR} --json",
    "xlingual status STUDY_DIR --json": f"xlingual status {STUDY_DIR} --json",
    "xlingual status STUDY_DIR --json | jq .stage": f"xlingual status {STUDY_DIR} --json",
    "xlingual validate STUDY --json": "xlingual validate {root}/studies/quickstart.yaml --json",
    "xlingual validate STUDY --json | jq '.problems[] | {line, message}'": ""
    "xlingual validate {root}/studies/quickstart.yaml --json",
    "xlingual schema --field training.learning_rate --json": "xlingual schema --field training.learning_rate --json",
    "xlingual report STUDY_DIR [--json]": f"xlingual report {STUDY_DIR} --json",
    "xlingual inspect STUDY_DIR": INSPECTED,
    "xlingual checklist STUDY_DIR": CHECKLIST,
    "xlingual checklist STUDY_DIR --markdown checklist.md": f"{CHECKLIST} --markdown {{folder}}/checklist.md",
    "xlingual checklist STUDY_DIR --json": f"{CHECKLIST} --json",
    "xlingual inspect STUDY_DIR --language th --differ --limit 10": INSPECTED + " --language de --differ --limit 10",
    "xlingual inspect STUDY_DIR --arm webfaq --wrong --json": INSPECTED + " --arm noise --wrong --json",
    "xlingual report STUDY_DIR --html report.html": f"xlingual report {STUDY_DIR} --html {{folder}}/r.html",
    "xlingual report xlingual_studies/quickstart --html report.html": f"xlingual report {STUDY_DIR} --html {{folder}}/s.html",
    "xlingual data webfaq --study studies/webfaq_recipes.yaml": "xlingual data webfaq {faq} --languages de --rows 20 "
    "--study {root}/studies/webfaq_recipes.yaml --set data.faq.filters=off",
    "xlingual data contamination tydiqa_train.json --data xquad": "xlingual data contamination {train} --data {xquad}",
    "xlingual evaluate xlingual_studies/NAME/trials/FINGERPRINT/model --on xquad --data xquad": "xlingual evaluate "
    "{model} --on xquad --data {xquad} --languages de --limit 1",
    "xlingual evaluate OWNER/NAME --on xquad": "xlingual evaluate {model} --on xquad --data {xquad} --languages en "
    "--limit 1",
    "xlingual evaluate --predictions answers.json --data xquad": "xlingual evaluate --predictions {answers} "
    "--data {xquad} --languages de",
    "xlingual evaluate OWNER/NAME --on mlqa --data MLQA_V1": "xlingual evaluate {model} --on mlqa --data {mlqa} --limit 1",
    "xlingual evaluate OWNER/NAME --on mlqa --data MLQA_V1 --languages de,de-en,en-de": "xlingual evaluate {model} "
    "--on mlqa --data {mlqa} --languages de,de-en,en-de --limit 1",
    "xlingual evaluate OWNER/NAME --on 'mydata/{language}.json'": "xlingual evaluate {model} "
    "--on {mydata}/{{language}}.json --limit 1",
    "xlingual evaluate --predictions answers.json --on 'mydata/{language}.json' --languages fi,sw": "xlingual evaluate "
    "--predictions {theirs} --on {mydata}/{{language}}.json --languages fi,sw",
    "xlingual data contamination tydiqa_train.json --on mlqa --data MLQA_V1": "xlingual data contamination {train} "
    "--on mlqa --data {mlqa}",
    "xlingual convert google/mt5-small models/mt5-small": "xlingual convert {pickled} {folder}/converted",
    "xlingual convert google/mt5-small DIR": "xlingual convert {pickled} {folder}/converted",
    "xlingual plan studies/claims/claims_pawsx.yaml": "xlingual plan {root}/studies/claims/claims_pawsx.yaml",
    "xlingual plan studies/claims/claims_xnli.yaml": "xlingual plan {root}/studies/claims/claims_xnli.yaml",
    "xlingual plan studies/claims/claims_webfaq.yaml": "xlingual plan {root}/studies/claims/claims_webfaq.yaml",
    # For a GPU cluster, as above.
    "xlingual run studies/claims/claims_pawsx.yaml": "xlingual plan {root}/studies/claims/claims_pawsx.yaml",
    "python analysis/claims.py STUDY_DIR ...": "python analysis/claims.py {studies}/claims_webfaq_small",
    "python analysis/claims.py STUDY_DIR ... [--csv OUT.csv]": CLAIMS,
    "python analysis/generalised_grid.py STUDY_DIR ...": "python analysis/generalised_grid.py {studies}/pairs",
    "python analysis/per_language.py STUDY_DIR ...": f"python analysis/per_language.py {STUDY_DIR}",
    "python analysis/compare_arms.py STUDY_DIR ...": f"python analysis/compare_arms.py {STUDY_DIR}",
    "python analysis/selection_signal.py STUDY_DIR ...": f"python analysis/selection_signal.py {STUDY_DIR}",
    "python analysis/language_distance.py STUDY_DIR ...": f"python analysis/language_distance.py {STUDY_DIR}",
    "python analysis/mixture_response.py STUDY_DIR ...": "python analysis/mixture_response.py {studies}/searched",
    "python analysis/noise_response.py STUDY_DIR ...": f"python analysis/noise_response.py {STUDY_DIR}",
    "python analysis/cost.py STUDY_DIR ...": f"python analysis/cost.py {STUDY_DIR}",
    "python analysis/noise_response.py xlingual_studies/toy_noise_magnitude --figure "
    "analysis/figures/toy_noise_magnitude.svg": f"python analysis/noise_response.py {STUDY_DIR} --figure "
    "{folder}/d.svg",
    "python tests/benchmarks/features.py [--model DIR --train FILE.json] [--threads 2] [--runs 5]": ""
    "python tests/benchmarks/features.py " + TASK,
    "python tests/benchmarks/contamination.py [--data XQUAD_DIR] [--clean FILE ...] [--rows 1000000] [--runs 3]": CONTAMINATION,
    "python tests/benchmarks/contamination.py --data DIR --clean FILE ... --json contamination.json": CONTAMINATION,
    "python tests/benchmarks/writable_answers.py --model DIR --xquad DIR": "python tests/benchmarks/writable_answers.py "
    "--model {pretrained} --xquad {xquad}",
    "writable_answers.py --model DIR --xquad DIR": "python tests/benchmarks/writable_answers.py --model {pretrained} "
    "--xquad {xquad}",
}

COPIED = f"xlingual run {{root}}/studies/small_encoder_cpu.yaml {COPIES} {SMALL}"
QUICKSTART = (
    "xlingual run {root}/studies/quickstart.yaml --storage {folder}/storage --until report --address local --json "
    + TOY
)
TRAINING = (
    f"python tests/benchmarks/training.py {TASK} --updates 2 --examples 40 --quality-seeds 2 {QUALITY} "
    "--precision auto --json {folder}/f"
)
SCORING = (
    f"python tests/benchmarks/scoring.py {TASK} --xquad {{xquad}} --languages en,de --questions 2 --head-updates 2 "
    "--json {folder}/g"
)
TRIAL_COST = f"python tests/benchmarks/trial_cost.py {TASK} --trials 2 --json {{folder}}/h"
MEMORY = f"python tests/benchmarks/memory.py {TASK} --megabytes 1 --updates 4 --json {{folder}}/i"
DRIVER_COST = "python tests/benchmarks/driver_cost.py --trials 4 --searches 1 --concurrent 1 --seconds 0 --json {folder}/driver.json"
SCALE = "python tests/benchmarks/scale.py --trials 8 --nodes 2 --searches 1 --faults --json {folder}/scale.json"
PADDING = "python tests/benchmarks/padding.py --tokenizer {pretrained} --train {train} --updates 2"
SAVING = "python tests/benchmarks/saving.py --width 32 --rate 0 --updates 5 --runs 1"
REGRET = (
    "python tests/benchmarks/search_regret.py --worlds 2 --first-world 0 --processes 1 --settings 11 --lines grid "
    "--json {folder}/l --figure {folder}/l.svg"
)
START = "python tests/benchmarks/search_start.py --worlds 2 --json"
FAQ_ROWS = (
    "python tests/benchmarks/faq_rows.py --model {pretrained} --rows {rows} --xquad {xquad} --languages de,tr --number 40 "
    "--runs 1 --memory-rows 40 --json {folder}/j"
)
ROBUST = (
    f"python tests/benchmarks/robust.py {TASK} --xquad {{xquad}} --synonyms {{synonyms}} --dictionaries {{dictionary}} "
    "--languages de,es --updates 15 --seeds 1 --clock cpu --methods 'embedding_noise;word_substitution;code_switch' --json {folder}/k"
)
REPORT = (
    "python tests/benchmarks/report.py --studies trials,questions --scale 0.001 --runs 1 --lines --storage {folder}/l "
    "--json {folder}/m"
)
CALIBRATION = "python tests/benchmarks/calibration.py --studies 1 --all --processes 1 --json --figure {folder}/c.svg"
TOY_CALIBRATION = "python tests/benchmarks/toy_calibration.py --studies 2 --processes 1 --set training.updates=1 --json"
LONG = {
    "python tests/benchmarks/report.py [--studies trials,questions] [--scale 1.0] [--storage DIR] [--runs 3] [--lines]": ""
    + REPORT,
    "python tests/benchmarks/report.py --json report.json": REPORT,
    "xlingual run studies/quickstart.yaml": QUICKSTART,
    "xlingual run my_study.yaml": QUICKSTART,
    "xlingual run studies/toy_text_to_text.yaml": "xlingual run {root}/studies/toy_text_to_text.yaml " + TOY,
    "xlingual run studies/toy_noise_magnitude.yaml": "xlingual run {root}/studies/toy_noise_magnitude.yaml --until search "
    + TOY.replace("updates=2", "updates=12"),  # FreeLB has three passes per update
    "xlingual run studies/small_encoder_cpu.yaml": COPIED,
    "xlingual run studies/small_encoder_cpu.yaml --set model=models/multilingual-e5-small "
    "--set data.train=squad/train-v1.1.json --set data.test.source=xquad --set data.faq.source=webfaq": COPIED,
    "python tests/benchmarks/training.py $P --batch 16 --updates 8 --runs 5 --json training.json": TRAINING,
    "python tests/benchmarks/training.py [--model DIR --train FILE.json] [--batch 16] [--updates 8] [--runs 5]": TRAINING,
    "training.py --batch 16 --updates 5": TRAINING,
    "python tests/benchmarks/quality.py --quality-seeds 8": TRAINING,
    "python tests/benchmarks/quality.py [--quality-updates 200] [--quality-seeds 5]": TRAINING,
    "python tests/benchmarks/quality.py --quality-real --model DIR --train FILE.json --quality-updates 40 ...": ""
    f"python tests/benchmarks/quality.py --quality-real {TASK} --quality-seeds 2 {QUALITY}",
    "python tests/benchmarks/scoring.py $P --xquad DIR --languages en,de,th --questions 60 --json scoring.json": SCORING,
    "python tests/benchmarks/scoring.py [--model DIR --train FILE.json --xquad DIR] [--languages en,de] "
    "[--questions 60]": SCORING,
    "scoring.py --languages en,de,th --questions 50": SCORING,
    "python tests/benchmarks/trial_cost.py --json trial_cost.json": TRIAL_COST,
    "python tests/benchmarks/trial_cost.py [--model DIR --train FILE.json] [--runs 5]": TRIAL_COST,
    "trial_cost.py --trials 2": TRIAL_COST,
    "python tests/benchmarks/driver_cost.py [--trials 250,500,1000] [--concurrent 4] [--searches 10] [--seconds 0.2]": ""
    + DRIVER_COST,
    "python tests/benchmarks/scale.py [--trials 125,250,500,1000] [--nodes 100] [--searches 4] [--faults]": SCALE,
    "python tests/benchmarks/padding.py --tokenizer DIR --train FILE.json": PADDING,
    "python tests/benchmarks/saving.py [--width 256] [--rate 100] [--updates 12] [--runs 3]": SAVING,
    "python tests/benchmarks/memory.py $P --megabytes 500 --json memory.json": MEMORY,
    "python tests/benchmarks/memory.py [--model DIR --train FILE.json] [--megabytes 500] [--runs 5]": MEMORY,
    "memory.py --updates 4 --batch 4": MEMORY,
    "python tests/benchmarks/faq_rows.py --model DIR --rows FAQ_DIR --xquad DIR --json faq_rows.json": FAQ_ROWS,
    "python tests/benchmarks/faq_rows.py [--model DIR --rows DIR] [--languages de,tr,zh,ru] [--number 5000] "
    "[--runs 3]": FAQ_ROWS,
    "faq_rows.py --model DIR --rows FAQ_DIR --xquad DIR --number 3000 --runs 3": FAQ_ROWS,
    "python tests/benchmarks/robust.py $P --xquad DIR --synonyms FILE.json --dictionaries FILE.tsv --json robust.json": ROBUST,
    "robust.py $P --xquad DIR --synonyms FILE.json --dictionaries FILE.tsv --languages de,es --seeds 0 --threads 1 "
    "--batch 4 --max-length 128 --stride 32 --clock cpu": ROBUST,
    "python tests/benchmarks/robust.py [--model DIR --train FILE.json --xquad DIR --synonyms FILE.json "
    "--dictionaries FILE.tsv --languages de,es] [--updates 60] [--seeds 1] [--runs 4]": ROBUST,
    "python tests/benchmarks/search_regret.py [--worlds 40] [--first-world 1000] [--processes 2] [--json FILE]": REGRET,
    "python tests/benchmarks/search_regret.py --worlds 40 --json search_regret.json": REGRET,
    "search_start.py --worlds 60": START,
    "python tests/benchmarks/search_start.py [--worlds 150] [--json]": START,
    "python tests/benchmarks/calibration.py --all": CALIBRATION,
    "python tests/benchmarks/calibration.py [--studies 400] [--all] [--processes 2] [--json] [--figure OUT.svg]": CALIBRATION,
    "python tests/benchmarks/calibration.py --all --figure tests/benchmarks/figures/calibration.svg": CALIBRATION,
    "python tests/benchmarks/toy_calibration.py [--studies 20] [--processes 2] [--set KEY=VALUE ...] [--json]": TOY_CALIBRATION,
    "python tests/benchmarks/toy_calibration.py --studies 20": TOY_CALIBRATION,
    "search_regret.py --worlds 40": REGRET,
}
MAKE = ("make quickstart", "make test", "make check", "make install", "make format", "make docs", "make notebook",
        "make PYTHON=/path/to/python install", "make PYTHON=/path/to/python quickstart")  # fmt: skip
RAY = (
    "ray get-auth-token --generate",
    "ray up cluster.yaml",
    "ray dashboard cluster.yaml",
    "ray down cluster.yaml",
    "ray start --head --port=6379 --object-manager-port=8076 --dashboard-host=127.0.0.1",
    "ray start --address=$RAY_HEAD_IP:6379 --object-manager-port=8076",
    "ray start --head --port=6379 --num-cpus=4 --num-gpus=0 --dashboard-host=127.0.0.1",
    "ray start --address=$RAY_HEAD_IP:6379 --num-cpus=8 --num-gpus=1",
)
"""For a cluster: only checks that Ray has the command and its options."""

EVERY: dict[str, str | list[str]] = {
    "xlingual validate": "xlingual validate {root}/studies/quickstart.yaml --set name=other --json",
    "xlingual schema": "xlingual schema --field training.learning_rate --json",
    "xlingual push": PUSH,
    "xlingual init": "xlingual init mine --question Why? --model {model} --train {train} --source-language en "
    "--test {mydata}/fi.json --languages fi --faq {rows}/deu.jsonl --gpus 0 --force --json",
    "xlingual doctor": "xlingual doctor --storage {folder}/storage --json",
    "xlingual plan": [
        "xlingual plan {root}/studies/quickstart.yaml --bench {speed} --defaults --set name=other --json",
        f"xlingual plan {{root}}/studies/quickstart.yaml --power --like {STUDY_DIR} --json",
    ],
    "xlingual run": QUICKSTART,
    "xlingual status": f"xlingual status {STUDY_DIR} --json --follow",
    "xlingual control": [
        f"xlingual control {STUDY_DIR} retry --failed --json --help",
        f"xlingual control {STUDY_DIR} --json",
    ],
    "xlingual submit": SUBMIT,
    "xlingual cluster export": f"{TRANSLATED} --json",
    "xlingual inspect": [
        INSPECTED
        + " --arm noise --against plain --language all --on xquad --wrong --search 1 --seed 2 --limit 1 --json",
        INSPECTED + " --differ",
    ],
    "xlingual replay": REPLAY,
    "xlingual export": f"xlingual export {STUDY_DIR} {{folder}}/again.tar.gz --optuna {{folder}}/again.db --json",
    "xlingual track": TRACK,
    "xlingual checklist": f"{CHECKLIST} --markdown {{folder}}/f.md --json",
    "xlingual report": f"xlingual report {STUDY_DIR} --json --html {{folder}}/r.html",
    "xlingual evaluate": [
        "xlingual evaluate {model} --on xquad --data {xquad} --languages de,es --limit 1 --paragraphs 1 --json "
        "--keep {folder}/kept --published XLM-R-base",
        "xlingual evaluate theirs --predictions {answers} --data {xquad} --languages de --source-language deu",
    ],
    "xlingual convert": "xlingual convert {pickled} {folder}/converted --json",
    "xlingual bench": BENCH,
    "xlingual score": "xlingual score {xquad}/xquad.de.json {answers} --json",
    "xlingual cluster check": "xlingual cluster check {cluster} {root}/studies/quickstart.yaml --storage /mnt/studies "
    "--set name=other --json",
    "xlingual data webfaq": "xlingual data webfaq {faq} --languages de,tr --study {root}/studies/webfaq_recipes.yaml "
    "--rows 20 --spread 1 --seed 1 --model {pretrained} --examples 1 --passages 1 --json --set data.faq.filters=off",
    "xlingual data contamination": "xlingual data contamination {train} {dev} --on xquad --data {xquad} --json",
    "python analysis/claims.py": f"{CLAIMS} --latex {{folder}}/e.tex --figure {{folder}}/e.svg",
    **{
        f"python analysis/{name}.py": f"python analysis/{name}.py {study} {options}--csv {{folder}}/a.csv "
        "--latex {folder}/a.tex --figure {folder}/a.png"
        for name, study, options in (
            ("generalised_grid", "{studies}/pairs", "--set xquad "),
            ("per_language", f"{STUDY_DIR} {{studies}}/other", "--set xquad "),
            ("compare_arms", f"{STUDY_DIR} {{studies}}/other", "--set xquad "),
            ("selection_signal", f"{STUDY_DIR} {{studies}}/other", "--set xquad "),
            ("language_distance", f"{STUDY_DIR} {{studies}}/other", "--set xquad "),
            ("noise_response", f"{STUDY_DIR} {{studies}}/other", "--set xquad "),
            ("mixture_response", "{studies}/searched", ""),
            ("cost", STUDY_DIR, ""),
        )
    },
}
"""Every command of docs/commands.md, with how to run it with all of its options."""

ON_RAY = {"xlingual evaluate": {"--address", "--workers"}, "xlingual doctor": {"--address"}}
"""Options that start Ray, or ask for it: tests/on_ray/test_evaluation_workers.py and tests/test_cli_doctor.py have them."""
