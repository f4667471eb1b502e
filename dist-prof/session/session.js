import { randomInt } from 'node:crypto';
import { CodecellError } from '../errors.js';
import { Journal } from '../journal/journal.js';
import { createCatalogue } from '../tools/catalogue.js';
import { Cell, missing } from './cell.js';
import { CellRuntime } from './cell-runtime.js';
import { createHostPool } from './host-pool.js';
import { resolveLimits } from './limits.js';
import { BoundedOutput, WholeOutput } from './output-buffer.js';
import { StoredValues } from './stored-values.js';
import { TypeStripper } from './type-stripper.js';
/** How long an observation lasts when its caller does not say, in milliseconds (contract 1.6). */
const defaultYieldTimeMs = 10_000;
/**
 * Opens a session and waits until a host is running. Throws `INVALID_OPTION` for a bad limit, `HOST_START_FAILED` when no
 * host can be started, and the reason of `signal` when that was aborted first.
 */
export async function createSession(options = {}) {
    options.signal?.throwIfAborted();
    const limits = resolveLimits(options.limits);
    const ownPool = options.hosts === undefined ? createHostPool({ memoryMb: limits.memoryMb }) : null;
    const session = new CodecellSession(options, limits, options.hosts ?? ownPool ?? createHostPool(), ownPool);
    try {
        await stayingAlive(session.warm());
        return session;
    }
    catch (error) {
        await session.close();
        throw error;
    }
}
class CodecellSession {
    #options;
    #limits;
    #catalogue;
    #catalogueId;
    #pool;
    /** The pool again, when it is this session's to dispose. */
    #ownPool;
    /** This session, when no other may share its hosts. */
    #owner;
    #storedValues = new StoredValues();
    #stripper = new TypeStripper();
    #cells = new Map();
    #cellCount = 0;
    #phase = { type: 'open' };
    constructor(options, limits, pool, ownPool) {
        this.#options = options;
        this.#limits = limits;
        this.#catalogue = createCatalogue(options.tools ?? []);
        this.#pool = pool;
        this.#ownPool = ownPool;
        this.#owner = options.isolation === 'process-per-session' && ownPool === null ? this : null;
        this.#catalogueId = pool.nameCatalogue();
        options.signal?.addEventListener('abort', () => void this.close(), { once: true });
    }
    async warm() {
        await this.#pool.warm(this.#owner);
    }
    async execute(source, options = {}) {
        this.#checkOpen();
        options.signal?.throwIfAborted();
        this.#checkSource(source);
        const id = String(++this.#cellCount);
        const cell = new Cell(id, this.#contextFor(source, options));
        this.#cells.set(id, cell);
        options.onStarted?.(id);
        return await stayingAlive(cell.start(observation(options)));
    }
    async observe(cellId, options = {}) {
        this.#checkOpen();
        options.signal?.throwIfAborted();
        const cell = this.#cells.get(cellId);
        return cell === undefined
            ? missing(cellId, performance.now())
            : await stayingAlive(cell.observe(observation(options)));
    }
    async terminate(cellId, options = {}) {
        this.#checkOpen();
        options.signal?.throwIfAborted();
        const cell = this.#cells.get(cellId);
        return cell === undefined ? missing(cellId, performance.now()) : await stayingAlive(cell.terminate());
    }
    #checkOpen() {
        if (this.#phase.type !== 'open')
            throw new CodecellError('SESSION_CLOSED', 'code mode session is shutting down');
    }
    #checkSource(source) {
        const { sourceBytes, cells } = this.#limits;
        const bytes = Buffer.byteLength(source);
        if (bytes > sourceBytes) {
            throw new CodecellError('LIMIT_EXCEEDED', `Cannot start a cell from ${bytes} bytes of source: the limit is ${sourceBytes}`);
        }
        if (this.#cells.size >= cells) {
            throw new CodecellError('LIMIT_EXCEEDED', `Cannot start a cell: the session has ${cells} cells that are not finished, which is the limit; wait for one or terminate one`);
        }
    }
    #contextFor(source, { callId }) {
        const startedAt = Date.now();
        const limits = this.#limits;
        const storedValues = this.#storedValues.snapshot();
        const start = {
            type: 'start',
            time: startedAt,
            seed: randomInt(2 ** 32),
            catalogue: this.#catalogueId,
            limits: this.#cellLimits(),
        };
        return {
            execCallId: callId ?? null,
            startedAt,
            catalogue: this.#catalogue,
            limits,
            deadlock: this.#options.deadlock ?? 'report',
            maxYieldTimeMs: this.#options.maxYieldTimeMs ?? null,
            makeOutput: () => (this.#options.overflow === 'cut' ? new BoundedOutput() : new WholeOutput()),
            makeRuntime: (listener, body = source) => new CellRuntime(new Journal({ ...start, body }, storedValues), {
                pool: this.#pool,
                owner: this.#owner,
                catalogue: { id: this.#catalogueId, json: this.#catalogue.json },
            }, listener),
            stripTypes: () => this.#stripper.strip(source),
            notify: (notification, options) => this.#options.onNotification?.(notification, options),
            commit: (writes) => this.#storedValues.commit(writes),
            closed: (cellId) => {
                this.#cells.delete(cellId);
                this.#options.onCellClosed?.(cellId);
            },
        };
    }
    #cellLimits() {
        const limits = this.#limits;
        // What is cut instead of refused is bounded on this side.
        const outputBytes = this.#options.overflow === 'cut' ? Number.MAX_SAFE_INTEGER : limits.outputBytes;
        return { ...limits, outputBytes, ...this.#storedValues.roomWithin(limits) };
    }
    close() {
        if (this.#phase.type === 'open')
            this.#phase = { type: 'closing', closed: stayingAlive(this.#closeAll()) };
        return this.#phase.closed;
    }
    async #closeAll() {
        // A cell that is terminating already ends all the same.
        await Promise.allSettled([...this.#cells.values()].map((cell) => cell.terminate()));
        this.#pool.forgetCatalogue(this.#catalogueId);
        if (this.#owner !== null)
            await this.#pool.releaseOwner(this.#owner);
        await this.#stripper[Symbol.asyncDispose]();
        await this.#ownPool?.[Symbol.asyncDispose]();
    }
    async [Symbol.asyncDispose]() {
        await this.close();
    }
}
function observation({ yieldTimeMs = defaultYieldTimeMs, signal, preempt }) {
    if (!(yieldTimeMs >= 0)) {
        throw new CodecellError('INVALID_OPTION', `Cannot observe for ${yieldTimeMs} ms: a time from 0 on is expected`);
    }
    return { yieldTimeMs, signal: signal ?? null, preempt: preempt ?? null };
}
/** Hosts do not keep the agent's process alive, but somebody who waits for an answer does. */
async function stayingAlive(work) {
    const hold = setInterval(() => undefined, 2 ** 30);
    try {
        return await work;
    }
    finally {
        clearInterval(hold);
    }
}
//# sourceMappingURL=session.js.map