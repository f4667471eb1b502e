import { readFileSync } from 'node:fs';
import ivm from 'isolated-vm';
import { into, waits } from './bridge.js';
const prelude = readFileSync(new URL('./prelude.js', import.meta.url), 'utf8');
const moduleName = 'exec_main.mjs';
/** Compiled code of the prelude, made by the first isolate of the process. */
let preludeCode;
/**
 * One isolate with the prelude in it, for one cell. The only file that touches isolated-vm: what crosses is strings and
 * numbers, through one callback out and one function in. Calls run on isolated-vm's threads, never on this one.
 */
export class Isolate {
    memoryMb;
    #isolate;
    #context;
    #receive;
    #tag;
    #listener = null;
    #module = null;
    constructor(memoryMb) {
        this.memoryMb = memoryMb;
        this.#tag = `$cell_${randomName(24)}`;
        this.#isolate = new ivm.Isolate({
            memoryLimit: memoryMb,
            onCatastrophicError: (message) => this.#listener?.lost(message),
        });
        this.#context = this.#isolate.createContextSync();
        this.#receive = this.#install();
    }
    #install() {
        const origin = { filename: 'codecell:prelude' };
        const script = this.#isolate.compileScriptSync(prelude, preludeCode === undefined ? { ...origin, produceCachedData: true } : { ...origin, cachedData: preludeCode });
        if ('cachedData' in script && script.cachedData instanceof ivm.ExternalCopy)
            preludeCode ??= script.cachedData;
        const install = script.runSync(this.#context, { reference: true });
        const emit = new ivm.Callback((kind, id, a, b) => this.#listener?.emitted({ kind, id, a, b }), { ignored: true });
        // Parking is a promise that nothing settles: the thread is let go when the isolate is thrown away.
        const wait = new ivm.Reference((kind) => kind === waits.fence && this.#listener !== null ? this.#listener.fence() : new Promise(() => { }));
        return install.applySync(undefined, [emit, wait, this.#tag], { result: { reference: true } });
    }
    /** From here on `listener` hears what the cell does. */
    attach(listener) {
        this.#listener = listener;
    }
    /** Installs `tools` and `ALL_TOOLS`. `json` is the text of the latter. */
    installCatalogue(json) {
        this.#receive.applySync(undefined, [into.catalogue, 0, 0, json, '']);
    }
    preload(key, json) {
        this.#receive.applySync(undefined, [into.preload, 0, 0, key, json]);
    }
    configure({ time, seed, limits }) {
        this.#receive.applySync(undefined, [into.configure, seed, time, JSON.stringify(limits), '']);
    }
    /** Compiles a whole module and names what it imports. Throws V8's `SyntaxError`. */
    check(source) {
        const module = this.#isolate.compileModuleSync(source, { filename: moduleName });
        const imports = module.dependencySpecifiers;
        module.release();
        return imports;
    }
    /** Name that stands for `import(…)` in a source that is passed to `load`: as long as the keyword. */
    get importName() {
        return `$${this.#tag.slice(-5)}`;
    }
    /** Makes a checked source ready to run. It is wrapped so that its end and its error are reported from inside. */
    load(source) {
        const driver = this.#tag;
        const before = `const ${driver}=globalThis.${driver}(),${this.importName}=${driver}.imp;try{`;
        const after = `\n;}catch($e){${driver}.err($e);throw $e}${driver}.ok()`;
        const options = { filename: moduleName, columnOffset: -before.length };
        this.#module = this.#isolate.compileModuleSync(before + source + after, options);
        this.#module.instantiateSync(this.#context, () => {
            throw new Error('a checked source imports nothing');
        });
    }
    /** Runs the loaded source until it waits, micro-tasks included. Settles either way; a rejection says nothing. */
    run() {
        return this.#module?.evaluate() ?? Promise.resolve();
    }
    /** Hands in one command and runs the cell until it waits again. Settles like `run`. */
    receive(kind, id, time, body) {
        return this.#receive.apply(undefined, [kind, id, time, '', body]);
    }
    /** Processor time in milliseconds; for a slice that is running now this is wall time, an upper bound. */
    get cpuMs() {
        return this.#isolate.isDisposed ? 0 : Number(this.#isolate.cpuTime / 1000n) / 1000;
    }
    get isDisposed() {
        return this.#isolate.isDisposed;
    }
    /** Throws the isolate away; a thread that runs in it stops at its next check, or not at all. */
    dispose() {
        if (!this.#isolate.isDisposed)
            this.#isolate.dispose();
    }
}
function randomName(length) {
    let name = '';
    while (name.length < length)
        name += Math.random().toString(36).slice(2);
    return name.slice(0, length);
}
//# sourceMappingURL=isolate.js.map