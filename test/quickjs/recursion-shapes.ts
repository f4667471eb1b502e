/** The maximum depth of generated sources and values. */
const deep = 100_000

/** Programs that recurse without an end, or nest too deeply, by the way in which they do. Each must throw. */
export const recursionShapes: Readonly<Record<string, string>> = {
  plain: 'function f() { f() } f()',
  'with many variables': `function f(${letters()}) { const x = [${letters()}]; return f(...x) + 1 } f()`,
  mutual: 'const a = () => b(); const b = () => a(); a()',
  'tail position': 'const f = (n) => f(n + 1); f(0)',
  method: 'const o = { m() { return this.m() } }; o.m()',
  getter: 'const o = { get x() { return this.x } }; o.x',
  setter: 'const o = { set x(v) { this.x = v } }; o.x = 1',
  'proxy get': 'const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x',
  'proxy of proxies': 'let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x',
  'proxy has': 'const p = new Proxy({}, { has: (t, k) => k in p }); "x" in p',
  'proxy prototype':
    'const p = new Proxy({}, { getPrototypeOf: () => Object.getPrototypeOf(p) }); Object.getPrototypeOf(p)',
  'Reflect.apply': 'const f = () => Reflect.apply(f, null, []); f()',
  'Function.prototype.call': 'function f() { f.call(this) } f.call(1)',
  'Function.prototype.apply': 'function f() { f.apply(this, arguments) } f(1, 2)',
  bind: 'let f = () => 1; for (let i = 0; i < 3000; i++) f = f.bind(null); f()',
  'JSON.stringify toJSON': 'const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)',
  'JSON.stringify of nested arrays': `let a = []; for (let i = 0; i < ${deep}; i++) a = [a]; JSON.stringify(a)`,
  'JSON.stringify of nested objects': `let a = {}; for (let i = 0; i < ${deep}; i++) a = { a }; JSON.stringify(a)`,
  'JSON.parse of nested arrays': `JSON.parse('['.repeat(${deep}) + ']'.repeat(${deep}))`,
  'JSON.parse of nested objects': `JSON.parse('{"a":'.repeat(${deep}) + '1' + '}'.repeat(${deep}))`,
  'JSON.parse reviver': 'const f = () => JSON.parse("[1]", f); f()',
  'sort comparator': 'const f = () => [2, 1].sort(f); f()',
  map: 'const f = () => [1].map(f); f()',
  'forEach and reduce': 'const f = () => [1, 2].reduce(() => { [1].forEach(f) }); f()',
  'typed array': 'const f = () => new Uint8Array([1]).map(f); f()',
  'Array.from': 'const f = () => Array.from([1], f); f()',
  flat: `let a = []; for (let i = 0; i < ${deep}; i++) a = [a]; a.flat(Infinity)`,
  'array toString': `let a = []; for (let i = 0; i < ${deep}; i++) a = [a]; String(a)`,
  'Array.prototype.join': 'const a = [{ toString: () => a.join() }, 1]; a.join()',
  'string.replace callback': "const f = () => 'a'.replace('a', f); f()",
  'regular expression callback': "const f = () => 'a'.replace(/a/, f); f()",
  'Symbol.replace': "const r = /a/; r.exec = () => 'a'.replace(r, ''); 'a'.replace(r, '')",
  'regular expression groups': `new RegExp('('.repeat(${deep}) + ')'.repeat(${deep}))`,
  'regular expression classes': `new RegExp('['.repeat(${deep}) + ']'.repeat(${deep}), 'v')`,
  'regular expression lookaheads': `new RegExp('(?='.repeat(${deep}) + ')'.repeat(${deep})).test('a')`,
  'Symbol.toPrimitive': 'const o = { [Symbol.toPrimitive]() { return `${o}` } }; `${o}`',
  valueOf: 'const o = { valueOf() { return o + 1 } }; o + 1',
  toString: 'const o = { toString() { return `${o}` } }; `${o}`',
  'Symbol.hasInstance': 'const o = { [Symbol.hasInstance]: (x) => x instanceof o }; 1 instanceof o',
  'Symbol.iterator': 'const o = { [Symbol.iterator]() { return [...o] } }; [...o]',
  'Symbol.species':
    'class A extends Array { static get [Symbol.species]() { return new A(1).map((x) => x) } } new A(1).map((x) => x)',
  spread: 'const f = (...all) => f(...all, 1); f()',
  'rest and defaults': 'const f = (a = f(), ...rest) => a; f()',
  destructuring: 'const f = ({ a = f({}) }) => a; f({})',
  template: 'const f = (s) => f`${s}`; f``',
  'class constructor': 'class A { constructor() { new A() } } new A()',
  'derived class constructor': 'class A { constructor() { new B() } } class B extends A {} new B()',
  'class field': 'class A { a = new A() } new A()',
  'static block': 'function f() { class A { static { f() } } } f()',
  'chain of classes': 'let C = class {}; for (let i = 0; i < 1e5; i++) C = class extends C {}; new C()',
  'chain of prototypes':
    'let o = {}; for (let i = 0; i < 1e5; i++) o = Object.create(o); const f = () => { o.x; f() }; f()',
  super: 'class A { m() { return 1 } } class B extends A { m() { return super.m.call(this), this.m() } } new B().m()',
  'private method': 'class A { #m() { return this.#m() } go() { this.#m() } } new A().go()',
  async: 'async function f() { return await f() } await f()',
  'async arrow': 'const f = async () => { await f() }; await f()',
  generator: 'function* g() { yield* g() } [...g()]',
  'generator return': 'function* g() { for (const x of g()) yield x } [...g()]',
  'async generator': 'async function* g() { for await (const x of g()) yield x } for await (const x of g()) {}',
  'async generator delegation': 'async function* g() { yield* g() } for await (const x of g()) {}',
  'iterator helpers': 'let i = [1].values(); for (let n = 0; n < 1e5; n++) i = i.map((x) => x); i.next()',
  'iterator helpers of all kinds':
    'let i = [1].values(); for (let n = 0; n < 2e4; n++) i = i.take(9).drop(0).filter((x) => 1).flatMap((x) => [x]); i.next()',
  'iterator flatMap': 'let f = () => [1]; const g = () => Iterator.from([1]).flatMap(g).toArray(); g()',
  'Iterator.concat': 'let i = [1].values(); for (let n = 0; n < 1e5; n++) i = Iterator.concat(i); i.next()',
  'Iterator.concat of lists':
    'let i = [1]; for (let n = 0; n < 1e5; n++) { const j = i; i = { [Symbol.iterator]: () => Iterator.concat(j) } } [...i]',
  'iterators in objects':
    'let i = [1].values(); for (let n = 0; n < 1e5; n++) { const j = i; i = Iterator.from({ next: () => j.next() }) } i.next()',
  'iterator return': 'let i = [1].values(); for (let n = 0; n < 1e5; n++) i = i.map((x) => x); i.return()',
  'iterator wrappers':
    'let i = [1].values(); for (let n = 0; n < 1e5; n++) { const next = i.next.bind(i); i = Iterator.from({ next }) } i.next()',
  'delegating generators':
    'function* w(i) { yield* i } let i = [1].values(); for (let n = 0; n < 1e5; n++) i = w(i); i.next()',
  'promise executor': 'const f = () => new Promise((resolve) => { resolve(f()) }); f(); (function g() { g() })()',
  'promise thenable': 'const o = { then() { o.then() } }; await o',
  eval: "globalThis.f = () => eval('f()'); f()",
  Function: "globalThis.f = () => new Function('f()')(); f()",
  'nested eval source': `eval('['.repeat(${deep}) + ']'.repeat(${deep}))`,
  'nested eval parentheses': `eval('('.repeat(${deep}) + '1' + ')'.repeat(${deep}))`,
  'nested eval functions': `eval('(() => '.repeat(${deep}) + '1' + ')'.repeat(${deep}))`,
  'nested eval blocks': `eval('{'.repeat(${deep}) + '}'.repeat(${deep}))`,
  'nested eval templates': 'eval("`${".repeat(1e5) + "1" + "}`".repeat(1e5))',
  'nested eval unary': `eval('!'.repeat(${deep}) + '1')`,
  'nested eval conditional': `eval('1?'.repeat(${deep}) + '1' + ':1'.repeat(${deep}))`,
  'nested eval assignments': `eval('a='.repeat(${deep}) + '1')`,
  'nested eval exponents': `eval('2**'.repeat(${deep}) + '2')`,
  'nested eval classes': `eval('class A extends '.repeat(${deep}) + 'Object' + '{}'.repeat(${deep}))`,
  'nested eval destructuring': `eval('let ' + '['.repeat(${deep}) + 'a' + ']'.repeat(${deep}) + ' = []')`,
  'error in toString of an error': 'class E extends Error { get message() { return String(this) } } String(new E())',
  'Error.prepareStackTrace':
    'Error.prepareStackTrace = () => new Error().stack; new Error().stack; (function f() { f() })()',
  'nested causes': 'function f(e) { f(new Error("x", { cause: e })) } f()',
  text: 'const o = { toJSON() { text(o); return 1 } }; text(o)',
  store: 'const o = { toJSON() { store("a", o) } }; store("a", o)',
  'tool call': 'const o = { toJSON() { tools.add(o) } }; tools.add(o)',
  'timer and text': 'function f() { text("x"); f() } f()',
  structured: 'const o = []; o[0] = o; const f = (x) => x.map(f); f(o)',
  'Array.prototype.concat':
    'class A extends Array {}; const f = () => A.from([1]).concat({ get [Symbol.isConcatSpreadable]() { return f() } }); f()',
  'Object.assign': 'const o = { get a() { return Object.assign({}, o) } }; Object.assign({}, o)',
  'Map and Set': 'const m = new Map([[1, 1]]); const f = () => m.forEach(f); f()',
  'Object.groupBy': 'const f = () => Object.groupBy([1], f); f()',
  'date conversion': 'const o = { valueOf: () => new Date(o) - 0 }; new Date(o)',
  BigInt: 'const o = { valueOf: () => BigInt(o) }; BigInt(o)',
  'String.raw': 'const o = { get raw() { return String.raw(o) } }; String.raw(o)',
  'disposable stacks':
    'const d = new DisposableStack(); const f = () => { const e = new DisposableStack(); e.defer(f); e.dispose() }; f()',
  'with catch': 'let n = 0; function f() { try { f() } catch (e) { n++; if (n < 50) f(); throw e } } f()',
  'with finally': 'let n = 0; function f() { try { f() } finally { if (n++ < 100) f() } } f()',
}

/** Programs with deep values that end well. */
export const deepValues: Readonly<Record<string, string>> = {
  'lists that are freed': 'let o = null; for (let i = 0; i < 3e5; i++) o = { o }; o = null',
  'closures that are freed': 'let f = null; for (let i = 0; i < 1e5; i++) { const g = f; f = () => g } f = null',
  'promises in a chain': 'let p = Promise.resolve(); for (let i = 0; i < 1e5; i++) p = p.then(() => 1); await p',
  'promises in promises':
    'let p = Promise.resolve(1); for (let i = 0; i < 5e4; i++) { const q = p; p = new Promise((r) => r(q)) } await p',
  'strings that grow at both ends':
    "let s = ''; for (let i = 0; i < 5e3; i++) s = 'a' + s + 'b'; text(s.length + s.charAt(5))",
  'strings that grow to the left': "let s = ''; for (let i = 0; i < 1e5; i++) s = 'a' + s; text(s.indexOf('b'))",
  'a regular expression that backtracks': "text(/^(?:a|b)*$/.test('ab'.repeat(1e5)))",
  'a lazy regular expression': "text(/^(?:.|x)*?z$/.test('ab'.repeat(1e4)))",
  'caught overflows': 'let n = 0; for (let i = 0; i < 50; i++) try { (function f() { f() })() } catch { n++ } text(n)',
  'caught overflows of builtins':
    'let n = 0; for (let i = 0; i < 50; i++) try { const f = () => [1].map(f); f() } catch { n++ } text(n)',
}

/** Sources of modules that nest deeply. */
export const deepSources: Readonly<Record<string, string>> = {
  arrays: '['.repeat(deep) + ']'.repeat(deep),
  parentheses: `${'('.repeat(deep)}1${')'.repeat(deep)}`,
  objects: `x = ${'{a:'.repeat(deep)}1${'}'.repeat(deep)}`,
  functions: `${'(() => '.repeat(deep)}1${')'.repeat(deep)}`,
  blocks: '{'.repeat(deep) + '}'.repeat(deep),
  calls: `${'f('.repeat(deep)}1${')'.repeat(deep)}`,
  conditions: `${'if (1) '.repeat(deep)};`,
  additions: `text(${'1+'.repeat(deep)}1)`,
  members: `globalThis${'.a'.repeat(deep)}`,
  unary: `text(${'- '.repeat(deep)}1)`,
  templates: `${'`${'.repeat(deep)}1${'}`'.repeat(deep)}`,
  awaits: `${'await '.repeat(deep)}1`,
  assignments: `${'a = '.repeat(deep)}1`,
  arrows: `${'a => '.repeat(deep)}1`,
  classes: `${'class extends '.repeat(deep)}Object${'{}'.repeat(deep)}`,
  destructuring: `const ${'['.repeat(deep)}a${']'.repeat(deep)} = []`,
  optional: `globalThis${'?.a'.repeat(deep)}`,
}

function letters(): string {
  return Array.from({ length: 20 }, (_, index) => `a${index}`).join(', ')
}
