/** Programs whose events and memory must not depend on the machine, by what could differ. */
export const programs: Readonly<Record<string, string>> = {
  'random numbers and the clock': 'text([Math.random(), Date.now(), new Date(), performance === undefined])',
  'tools and timers': `const a = tools.add({ n: 1 }); setTimeout(() => text('late'), 5); text(await a); text(await tools.add([2]))
    await new Promise((done) => setTimeout(done, 9)); text(await Promise.all([tools.add(3), 4]))`,
  mathematics: `const all = []
    for (let i = 1; i < 200; i++) for (const f of ['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh',
      'atanh', 'exp', 'expm1', 'log', 'log2', 'log10', 'log1p', 'cbrt', 'sqrt', 'fround', 'f16round']) all.push(Math[f](i / 7))
    text(all.join()); text([0.1 + 0.2, 1e21 / 3, 5e-324, 2 ** 0.5, Math.hypot(3.3, 4.4), Math.atan2(1, 3), (-7.5) % 2])`,
  'NaN bits': `const view = new DataView(new ArrayBuffer(8)); const bits = []
    for (const x of [NaN, 0 / 0, -NaN, Infinity - Infinity, Math.sqrt(-1), Number('x'), Math.log(-1), 0 * Infinity]) {
      view.setFloat64(0, x); bits.push(view.getBigUint64(0).toString(16)); view.setFloat32(0, x); bits.push(view.getUint32(0)) }
    text(bits); text([...new Uint8Array(new Float64Array([NaN, -NaN, 0 / 0]).buffer)])`,
  'stack depth': `let n = 0; const f = () => { n++; f() }; try { f() } catch (error) { text(n + error.stack) }
    let m = 0; const g = (a, b, ...c) => { m++; [1].map(() => g(a, b, ...c)) }; try { g(1, 2, 3) } catch (error) { text(m) }`,
  'sort and maps': `const list = Array.from({ length: 500 }, (_, i) => (i * 7919) % 503); text(list.toSorted().join()); text([...list].sort((a, b) => a - b).join())
    const map = new Map(list.map((n) => [n % 50, { n }])); text([...map.values()]); text(Object.groupBy(list, (n) => n % 3))`,
  'strings and regular expressions': `const s = 'Zoë naïve 😀 ﬁ ß İ Σς'; text([s.toUpperCase(), s.toLowerCase(), s.normalize('NFKD'), s.split(/\\b/u), [...s].reverse().join('')])
    text(s.replace(/(?<first>\\p{L})\\p{L}*/gu, '<$<first>>')); text('x'.repeat(5000).length); text([...'aXbX'.matchAll(/X/g)].map((m) => m.index))`,
  JSON: `const value = JSON.parse('{"a":[1,2.5e300,-0,"\\\\u00e4",null,{"b":true}]}'); text(JSON.stringify(value, null, 2)); store('v', value); text(load('v'))`,
  errors: `for (const run of [() => null.x, () => nope, () => tools.nope(), () => JSON.parse('{'), () => [].reduce((a) => a), () => new Array(-1)]) {
      try { run() } catch (error) { text(error.stack) } } ; void Promise.reject(new Error('left')); throw new TypeError('end')`,
  'big integers and typed arrays': `text((2n ** 200n).toString() + (-7n / 2n) + BigInt.asIntN(8, 200n)); text([...new Uint8Array([1, 2, 300])]); text(new Float32Array([0.1, 1 / 3]).join())`,
  garbage: `for (let i = 0; i < 20000; i++) { const a = { i }; a.self = a } text('collected'); const held = []; for (let i = 0; i < 5000; i++) held.push({ i, s: 's' + i }); text(held.length)`,
  'classes and generators': `class A { #x = 1; static n = 2; get x() { return this.#x } *[Symbol.iterator]() { yield* [this.#x, A.n] } }
    text([...new A()]); async function* g() { yield 1; yield await tools.add(1) } for await (const x of g()) text(x); text(Object.keys(new A()))`,
  'proxies and weak maps': `const log = []; const p = new Proxy({}, { get: (t, k) => (log.push(String(k)), 1) }); p.a; p.b; text(log); const w = new WeakMap(); for (let i = 0; i < 1000; i++) w.set({}, i); text(w.has(p))`,
  'dates and locale': `const d = new Date(1e12); text([d.toLocaleString(), String(d), d.toISOString(), Date.parse('2020-02-30'), new Date(2020, 1, 31).getTime(), (1234.5).toLocaleString(), ['b', 'ä', 'a'].sort((x, y) => x.localeCompare(y))])`,
}
