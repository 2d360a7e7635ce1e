// What fields offer: asked once, asked again after a failure, and what is said when nothing comes.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Choices, exampleOf, matching, numberOf } from "../src/choices/choices";
import { Refusal, told, Wire } from "../src/http";
import { inserted, placeholderOf } from "../src/model/insert";
import { valueOf, written } from "../src/model/typed";

interface Call {
  url: string;
  token: string | undefined;
}

let calls: Call[] = [];
let answers: (() => Response | Error)[] = [];

function json(body: unknown, status = 200): () => Response {
  const headers = { "Content-Type": "application/json" };
  return () => new Response(JSON.stringify(body), { status, headers });
}

const html = (status: number) => () => new Response("<html>", { status });

beforeEach(() => {
  [calls, answers] = [[], []];
  vi.stubGlobal("fetch", (url: string, given: { headers: Record<string, string> }) => {
    calls.push({ url, token: given.headers["X-CSRFToken"] });
    const answer = answers.shift()!();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
});
afterEach(() => vi.unstubAllGlobals());

test("a list is asked for once, and again after a failure", async () => {
  const choices = new Choices(new Wire("token"), "/choices/");
  answers = [html(500), json({ items: [{ name: "A" }] })];
  await expect(choices.of("events", "", "")).rejects.toThrow();
  const twice = [choices.of("events", "", ""), choices.of("events", "", "")];
  expect(await Promise.all(twice)).toEqual([[{ name: "A" }], [{ name: "A" }]]);
  expect(calls.map((call) => call.url)).toEqual(Array(2).fill("/choices/?kind=events&of=&at="));
});

test("why there is no answer is said in words", async () => {
  const wire = new Wire("token");
  const why = async (answer: () => Response | Error) => {
    answers = [answer];
    return wire.ask("/x/").then(String, told);
  };
  expect(await why(() => new TypeError("Failed to fetch"))).toContain("No connection");
  expect(await why(html(502))).toContain("could not answer");
  expect(await why(html(200))).toContain("No connection");
  expect(await why(json({ code: "x", message: "Not so." }, 422))).toBe("Not so.");
  const away = () => Object.defineProperty(new Response(), "type", { value: "opaqueredirect" });
  expect(await why(away)).toContain("signed out");
});

test("whoever signs in again goes on with the token of then", async () => {
  const wire = new Wire("old");
  wire.renewed = () => Promise.resolve("new");
  answers = [html(403), json({ saved: true })];
  expect(await wire.ask("/x/", { method: "PUT", body: {} })).toEqual({ saved: true });
  expect(calls.map((call) => call.token)).toEqual(["old", "new"]);
  answers = [html(403), html(403)];
  await expect(wire.ask("/x/", { method: "PUT", body: {} })).rejects.toThrow(Refusal);
  answers = [json({ code: "forbidden", message: "No." }, 403)];
  await expect(wire.ask("/x/", { method: "PUT", body: {} })).rejects.toThrow("No.");
});

test("numbers say what they are: a share, a count, an estimate", () => {
  expect(numberOf({ name: "a", filled: 97.5 })).toBe("97.5 %");
  expect(numberOf({ name: "a", count: 1200 })).toBe("1,200");
  expect(numberOf({ name: "a", count: 1200, exact: false })).toBe("≈ 1,200");
  expect(numberOf({ name: "a" })).toBe("");
  expect(exampleOf({ name: "a", example: '"Ann"' })).toBe("Ann");
  expect(exampleOf({ name: "a", example: "20" })).toBe("20");
});

test("names are found by what they are called too", () => {
  const items = [{ name: "buyers", title: "Buyers & friends" }, { name: "vip" }];
  expect(matching(items, " FRIENDS ")).toEqual([items[0]]);
  expect(matching(items, "")).toEqual(items);
  expect(matching(items, "nobody")).toEqual([]);
});

test("a placeholder takes the place of what is marked", () => {
  expect(inserted("Dear X,", 5, 6, "{{ customer.firstName }}")).toEqual({
    text: "Dear {{ customer.firstName }},",
    caret: 29,
  });
  expect(placeholderOf({ name: "customer.city", filled: 62 })).toBe(
    "{{ customer.city|default('') }}",
  );
  expect(placeholderOf({ name: "customer.city", filled: 100 })).toBe("{{ customer.city }}");
});

test("what is typed as a value is read back as it was", () => {
  for (const value of [20, true, "a: b", "DE", ["DE", "FR"], [1, "x"], ""])
    expect(valueOf(written(value))).toEqual(value);
  expect(valueOf("0049")).toBe("0049");
});
