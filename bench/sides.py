"""The two sides of a row: how each is called, and what its run is worth as numbers of the same names."""

import json
import pathlib
import shutil
import sys

from measure import last_json, run

HERE = pathlib.Path(__file__).resolve().parent


class Strop:
    def __init__(self, program, model, data, work):
        self.program, self.model, self.data, self.work = program, model, data, work

    def __call__(self, settings):
        settings = dict(settings)
        tests = settings.pop("test", False)
        out = self.work / "strop-run"
        shutil.rmtree(out, ignore_errors=True)
        command = [self.program, "train", "--model", self.model, "--data", self.data, "--out", out, "--json"]
        command += [f"{key}={value}" for key, value in settings.items()]
        _, measures = run(command, first_step_file=out / "trainer_log.jsonl")
        results = json.loads((out / "all_results.json").read_text())
        measures["command"] = " ".join(map(str, command[3:]))
        for key in ("eval_accuracy", "train_loss"):
            if key in results:
                measures[key] = results[key]
        if tests:  # not a part of the job that is timed
            command = [self.program, "eval", "--model", out, "--data", self.work / "test.tsv", "--json"]
            measures["test_accuracy"] = last_json(run(command)[0])["eval_accuracy"]
        rate = self.step_rate(out / "trainer_log.jsonl", settings)
        if rate:
            measures["train_samples_per_second"] = rate
        return measures

    @staticmethod
    def step_rate(log, settings):
        """Samples/s of training steps after three of warm-up, as for the peer; only where no evaluation lies between
        (eval_strategy=no)."""
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        steps = [(line["current_steps"], line["elapsed_time"]) for line in lines if "loss" in line]
        steps = [step for step in steps if step[0] >= 3]
        if settings.get("eval_strategy") != "no" or len(steps) < 2:
            return None
        (first, began), (last, ended) = steps[0], steps[-1]
        return (last - first) * int(settings.get("per_device_train_batch_size", 32)) / (ended - began)


class Peer:
    def __init__(self, model, data):
        self.model, self.data = model, data

    def __call__(self, settings):
        command = [sys.executable, HERE / "peer_text.py", "--model", self.model,
                   "--train", self.data / "train.tsv", "--dev", self.data / "dev.tsv"]
        for key, value in settings.items():
            command += [f"--{key}"] if value is True else [f"--{key}", value]
        out, measures = run(command)
        result = last_json(out)
        measures["command"] = " ".join(map(str, command[2:]))
        for key in ("train_samples_per_second", "train_cpu_share", "eval_accuracy", "launch_to_first_step"):
            if key in result:
                measures[key] = result[key]
        return measures
