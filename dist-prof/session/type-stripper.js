import { Worker } from 'node:worker_threads';
import { isRecord } from '../protocol/json.js';
/** Longest time for one source, in milliseconds. */
const patienceMs = 5000;
/**
 * Takes types away from TypeScript. Node's own parser does it, on a thread of its own with bounded memory, because the
 * source is hostile and the agent's thread must not wait for it. The thread starts with the first source.
 */
export class TypeStripper {
    #waiting = new Map();
    #worker = null;
    #lastId = 0;
    strip(source) {
        const worker = (this.#worker ??= this.#start());
        const id = ++this.#lastId;
        const { promise, resolve } = Promise.withResolvers();
        const timer = setTimeout(() => void worker.terminate(), patienceMs);
        this.#waiting.set(id, (stripped) => {
            clearTimeout(timer);
            this.#waiting.delete(id);
            resolve(stripped);
        });
        worker.postMessage({ id, source });
        return promise;
    }
    #start() {
        const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
        const worker = new Worker(new URL(`./type-stripper-thread.${extension}`, import.meta.url), {
            env: {},
            execArgv: ['--disable-warning=ExperimentalWarning'],
            resourceLimits: { maxOldGenerationSizeMb: 256 },
        });
        worker.unref();
        worker.on('message', (message) => this.#heard(message));
        worker.on('error', () => undefined);
        worker.on('exit', () => this.#gone(worker));
        return worker;
    }
    #heard(message) {
        if (!isRecord(message) || typeof message['id'] !== 'number')
            return;
        this.#waiting.get(message['id'])?.(parse(message));
    }
    #gone(worker) {
        if (this.#worker === worker)
            this.#worker = null;
        for (const answer of this.#waiting.values())
            answer({ type: 'not_typescript' });
    }
    async [Symbol.asyncDispose]() {
        await this.#worker?.terminate();
    }
}
function parse({ source, reason }) {
    if (typeof source === 'string')
        return { type: 'stripped', source };
    return typeof reason === 'string' ? { type: 'unsupported', reason } : { type: 'not_typescript' };
}
//# sourceMappingURL=type-stripper.js.map