import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { runCells } from './run-cell.ts'

/** Prints each own member of the globals and of their prototypes, one per line. */
const listMembers = `
const seen = new Set(), lines = [];
const walk = (value, path, depth) => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value) || depth > 3) return;
  seen.add(value);
  for (const key of Reflect.ownKeys(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    const name = typeof key === "symbol" ? "[" + key.description + "]" : "." + key;
    const flags = (descriptor.writable ? "w" : "") + (descriptor.enumerable ? "e" : "") + (descriptor.configurable ? "c" : "");
    const inner = descriptor.value;
    lines.push(path + name + " " + (descriptor.get ? "get" : typeof inner) + " " + flags + (typeof inner === "function" ? " " + inner.length : ""));
    walk(inner, path + name, depth + 1);
  }
};
walk(globalThis, "", 0);
text(lines.join("\\n"));
`

/** Programs whose output is a fact about the runtime, by name. */
const probes: Readonly<Record<string, string>> = {
  'import() of a value': probe([
    'import("fs")',
    'import({ toString() { throw "own" } })',
    'import(Symbol())',
    'import(null)',
    'import("x", 5)',
    'import("./x.js", { with: { type: "json" } })',
  ]),
  'locations of helper errors': `\ntry { as_settled(7) } catch (e) { text(e.stack) }\ntry { await stream_settled([]) } catch (e) { text(e.stack) }\nas_settled(7)`,
  'locations of script errors': 'function f() { throw new Error("x") }\n  f()',
  'locations in eval': 'try { eval("\\n  missing()") } catch (e) { text(e.stack) }',
  'locations with sourceURL': 'try { eval("missing()\\n//# sourceURL=own.js") } catch (e) { text(e.stack) }',
  'locations in new Function': 'try { new Function("missing()")() } catch (e) { text(e.stack) }',
  'syntax errors': probe(['eval("let x = ;")', 'new Function("}")', 'eval("await 1")', 'eval("\\u0000")']),
  'order of microtasks, timers and tools':
    'const log = []; setTimeout(() => log.push("timer"), 0); tools.echo(1).then(() => log.push("tool")); Promise.resolve().then(() => log.push("microtask")); await new Promise((resolve) => setTimeout(resolve, 200)); text(log)',
  'lone surrogates':
    'text("\\ud800"); text({ s: "\\ud800" }); text(await tools.echo({ s: "\\ud800" })); store("k", "\\ud800"); text(load("k") === "\\ud800")',
  'missing globals': probe(
    ['structuredClone', 'queueMicrotask', 'fetch', 'console', 'process', 'performance', 'WebAssembly', 'Temporal'].map(
      (name) => `typeof ${name}`,
    ),
  ),
  'time zone and locale': 'text([Intl.DateTimeFormat().resolvedOptions().locale, (1234.5).toLocaleString()])',
  'content of malformed blocks': probe([
    'content({ type: "text", text: 1 })',
    'content({ type: "text", text: "a", annotations: 5 })',
    'content({ type: "resource_link", uri: "a", name: "n", size: 1.5 })',
    'content({ type: "resource_link", uri: "a", name: "n", mimeType: 1 })',
    'content({ type: "resource", resource: { uri: "a", text: "t", mimeType: 1 } })',
    'content({ content: [] })',
  ]),
  'tools with odd names':
    'text(Object.getOwnPropertyNames(tools)); text(Object.getPrototypeOf(tools) === Object.prototype); text(ALL_TOOLS)',
}

/** The globals of a cell, and programs whose output shows the engine and the helpers. */
export const builtins: Part = {
  name: 'builtins',
  title: 'Globals and engine',
  isTimed: true,
  async collect({ host }): Promise<Facts> {
    return await runCells(host, { 'globals and their members': listMembers, ...probes })
  },
}

/** Returns a program that prints the value of each expression, or what it throws. */
function probe(expressions: readonly string[]): string {
  return expressions
    .map(
      (each) =>
        `try { text([${JSON.stringify(each)}, await (${each})]) } catch (e) { text([${JSON.stringify(each)}, String(e)]) }`,
    )
    .join('\n')
}
