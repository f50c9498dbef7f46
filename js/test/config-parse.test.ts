import { describe, expect, it } from "vitest";
import { placeField, readField, writeField } from "../src/views/config/fields";
import {
  allowedText,
  expand,
  type NumberRules,
  numberText,
  parseList,
  parseNumber,
  parseRange,
  parseSteps,
  proposeRange,
} from "../src/views/config/parse";
import { POSTER, SETTINGS } from "./mountConfig";

const rules = (change: Partial<NumberRules> = {}): NumberRules => ({
  type: "float",
  minimum: null,
  maximum: null,
  step: null,
  optional: false,
  ...change,
});
const WIDTH = rules({ type: "int", minimum: 64, maximum: 2048, step: 64 });
const STEPS = rules({ type: "int", minimum: 1, maximum: 150, step: 1 });
const CFG = rules({ minimum: 1, maximum: 20, step: 0.5 });

describe("parseNumber", () => {
  it.each([
    ["20", STEPS, 20],
    [" 20 ", STEPS, 20],
    ["1e2", STEPS, 100],
    ["7.5", CFG, 7.5],
    [".5", rules(), 0.5],
    ["−3", rules(), -3],
    ["", rules({ optional: true }), null],
    ["1.3", rules({ minimum: 0.1, maximum: 3, step: 0.1 }), 1.3],
  ])("reads %j", (text, given, value) => {
    expect(parseNumber(text, given)).toEqual({ value });
  });

  it.each([
    ["", STEPS, "Must be a whole number from 1 to 150."],
    ["2.5", STEPS, "Must be a whole number from 1 to 150."],
    ["0", STEPS, "Must be from 1 to 150."],
    ["151", STEPS, "Must be from 1 to 150."],
    ["12px", STEPS, "Must be a whole number from 1 to 150."],
    ["500", WIDTH, "Must go in steps of 64: 448 or 512."],
    ["7.3", CFG, "Must go in steps of 0.5: 7 or 7.5."],
    ["0x10", rules(), "Must be a number."],
    ["Infinity", rules(), "Must be a number."],
    ["7,5", rules(), "Must be a number."],
    ["-1", rules({ minimum: 0 }), "Must be 0 or more."],
    ["x", rules({ minimum: 0 }), "Must be a number, 0 or more."],
    ["3", rules({ maximum: 2 }), "Must be 2 or less."],
    ["9007199254740993", rules({ type: "int" }), "Must be a whole number."],
  ])("refuses %j and names what is allowed", (text, given, problem) => {
    expect(parseNumber(text, given)).toMatchObject({ problem });
  });

  it("writes numbers without binary noise", () => {
    expect([0.1 + 0.2, 4294967295, 7, 1e-7, null].map(numberText)).toEqual(["0.3", "4294967295", "7", "1e-7", ""]);
    expect([WIDTH, STEPS, rules({ minimum: 3 }), rules()].map(allowedText)).toEqual([
      "64 to 2048 in steps of 64",
      "1 to 150",
      "3 or more",
      "",
    ]);
  });
});

describe("lists, ranges and steps", () => {
  it("reads lists with commas, semicolons and lines", () => {
    expect(parseList("10, 20;40\n50,", STEPS)).toEqual({ value: [10, 20, 40, 50] });
  });

  it("names the value of a list that is wrong", () => {
    expect(parseList("10, x", STEPS)).toMatchObject({ problem: "“x”: must be a whole number from 1 to 150." });
    expect(parseList(" , ", STEPS)).toMatchObject({ problem: expect.stringContaining("at least one value") });
  });

  it("reads ranges by their ends and wants the first below the second", () => {
    expect(parseRange({ low: "4", high: "12.3" }, CFG)).toEqual({ value: { low: 4, high: 12.3 } });
    expect(parseRange({ low: "0", high: "12" }, CFG)).toEqual({ at: "low", problem: "Must be from 1 to 20." });
    expect(parseRange({ low: "12", high: "12" }, CFG)).toMatchObject({ at: "high", problem: /above 12/ });
  });

  it("makes steps that are allowed, each once", () => {
    expect(expand({ from: 4, to: 12, count: 5 }, CFG)).toEqual([4, 6, 8, 10, 12]);
    expect(expand({ from: 64, to: 256, count: 7 }, WIDTH)).toEqual([64, 128, 192, 256]);
    expect(expand({ from: 0, to: 1, count: 4 }, rules())).toEqual([0, 0.333333333333, 0.666666666667, 1]);
    expect(parseSteps({ from: "1", to: "9", count: "1" }, STEPS)).toMatchObject({ at: "count", problem: /2 to 1000/ });
    expect(parseSteps({ from: "5", to: "5", count: "3" }, STEPS)).toMatchObject({ at: "to" });
  });

  it.each([
    [7.5, CFG, { low: 1, high: 20 }],
    [8, rules(), { low: 4, high: 16 }],
    [-8, rules(), { low: -16, high: -4 }],
    [0, rules(), { low: 0, high: 1 }],
    [0, rules({ type: "int" }), { low: 0, high: 10 }],
    [3, rules({ type: "int" }), { low: 1, high: 6 }],
    [10, rules({ minimum: 8 }), { low: 8, high: 20 }],
    [0, rules({ maximum: 0 }), { low: -1, high: 0 }],
    [null, rules({ minimum: 2 }), { low: 2, high: 4 }],
  ])("proposes a range around %j", (base, given, range) => {
    expect(proposeRange(base, given)).toEqual(range);
  });
});

describe("fields", () => {
  it("finds the form's field in the names that errors use", () => {
    const place = (name: string) => placeField(POSTER, name)?.field ?? null;
    expect(place("base.width")).toBe("base.width");
    expect(place("width")).toBe("base.width");
    expect(place("config.variation_params.parameter_ranges.cfg_scale.low")).toBe("parameter_ranges.cfg_scale");
    expect(place("seed_range.0")).toBe("seed_range");
    expect(place("prompt_variations[2]")).toBe("prompt_variations");
    expect(place("parameter_ranges.nothing")).toBeNull();
    expect(placeField(POSTER, "batch_size")?.label).toBe("Batch size");
  });

  it("holds only the ranges of what varies", () => {
    const on = writeField(SETTINGS, "parameter_ranges.steps", [1, 2]);
    expect(on.config.variation_params).toMatchObject({ vary_parameters: true, parameter_ranges: { steps: [1, 2] } });
    const off = writeField(on, "parameter_ranges.steps", undefined);
    expect(off).toEqual(SETTINGS);
    expect(readField(off, "parameter_ranges.steps")).toBeUndefined();
  });

  it("does not revive ranges that Python had switched off", () => {
    const variation = { ...SETTINGS.config.variation_params, parameter_ranges: { steps: [1, 2] } };
    const settings = { ...SETTINGS, config: { ...SETTINGS.config, variation_params: variation } };
    const next = writeField(settings, "parameter_ranges.width", [64]).config.variation_params;
    expect(next.parameter_ranges).toEqual({ width: [64] });
  });
});
