import { CodecellError } from '../errors.js';
import { startChildTransport } from './child-transport.js';
import { Host } from './host.js';
import { limitRanges } from './limits.js';
const maxStartAttempts = 3;
/** The hosts that cells run on. Sessions may share a pool; whoever made it disposes it. */
export class HostPool {
    #parts;
    #hosts = new Map();
    #nextCatalogue = 1;
    #disposed = false;
    constructor(parts) {
        this.#parts = parts;
    }
    /** Memory that spare isolates are made for, in MiB. */
    get memoryMb() {
        return this.#parts.memoryMb;
    }
    /** Resolves when a host for `owner` is running. Throws `HOST_START_FAILED`. */
    async warm(owner) {
        await this.#startedFor(owner);
    }
    /** A number under which hosts remember a catalogue. */
    nameCatalogue() {
        return this.#nextCatalogue++;
    }
    forgetCatalogue(catalogue) {
        for (const host of this.#hosts.keys())
            host.forgetCatalogue(catalogue);
    }
    /** The running host with the fewest cells; starts another in the background while there are too few. */
    pick(owner) {
        let best = null;
        let count = 0;
        for (const [host, hostOwner] of this.#hosts) {
            if (hostOwner !== owner || host.solo || host.isGone)
                continue;
            count++;
            if (host.isReady && (best === null || host.load < best.load))
                best = host;
        }
        if ((best === null || best.load > 0) && count < this.#sizeFor(owner) && !this.#disposed)
            this.#start(owner, false);
        return best;
    }
    /** A host for `owner`, waited for. Throws `HOST_START_FAILED`. */
    async place(owner) {
        return this.pick(owner) ?? (await this.#startedFor(owner));
    }
    /** A host for one cell alone. It ends with `release`. */
    async placeAlone() {
        return await this.#whenReady(() => this.#start(null, true));
    }
    /** Lets go of a host that was for one cell alone. */
    async release(host) {
        this.#hosts.delete(host);
        await host.dispose();
    }
    /** Lets go of the hosts that an owner had for itself. */
    async releaseOwner(owner) {
        const owned = [...this.#hosts].filter(([, hostOwner]) => hostOwner === owner);
        await Promise.all(owned.map(([host]) => this.release(host)));
    }
    #sizeFor(owner) {
        return owner === null ? this.#parts.size : 1;
    }
    async #startedFor(owner) {
        const find = () => [...this.#hosts].find(([host, of]) => of === owner && !host.solo && !host.isGone)?.[0];
        await this.#whenReady(() => find() ?? this.#start(owner, false));
        return this.pick(owner) ?? (await this.#startedFor(owner));
    }
    /** A host may be killed from outside while it starts, so one failure is not the last word. */
    async #whenReady(start) {
        for (let attempt = 1;; attempt++) {
            const host = start();
            try {
                await host.ready;
                return host;
            }
            catch (error) {
                if (attempt === maxStartAttempts || this.#disposed)
                    throw error;
            }
        }
    }
    #start(owner, solo) {
        if (this.#disposed)
            throw new CodecellError('SESSION_CLOSED', 'Cannot start a host: the pool has been disposed');
        const { start, spares, memoryMb } = this.#parts;
        const host = new Host(start(), {
            spares: solo ? 1 : spares,
            memoryMb,
            solo,
            onGone: (gone) => this.#hosts.delete(gone),
        });
        this.#hosts.set(host, owner);
        return host;
    }
    async [Symbol.asyncDispose]() {
        this.#disposed = true;
        await Promise.all([...this.#hosts.keys()].map((host) => this.release(host)));
    }
}
/** A pool of host processes. They start with the first session; `createHostPool` itself starts nothing. */
export function createHostPool(options = {}) {
    const { size = 2, profile = 'default', spares = 8, memoryMb = limitRanges.memoryMb.default } = options;
    if (!Number.isSafeInteger(size) || size < 1 || size > 64) {
        throw new CodecellError('INVALID_OPTION', `Cannot make a pool of ${size} hosts: 1 to 64 are possible`);
    }
    if (!Number.isSafeInteger(spares) || spares < 0 || spares > 256) {
        throw new CodecellError('INVALID_OPTION', `Cannot keep ${spares} spare isolates: 0 to 256 are possible`);
    }
    return new HostPool({ start: () => startChildTransport(profile, memoryMb), size, spares, memoryMb });
}
//# sourceMappingURL=host-pool.js.map