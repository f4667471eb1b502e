import type { HostProfile } from '../protocol/message.ts';
import type { Transport } from '../protocol/transport.ts';
import { Host } from './host.ts';
export type HostPoolOptions = {
    /** How many host processes are kept. Default: 2. */
    readonly size?: number;
    /** `strict` has no just-in-time compiler, a memory bound of the kernel and Node's permission model. */
    readonly profile?: HostProfile;
    /** Isolates that each host keeps ready. Default: 8. */
    readonly spares?: number;
    /** Memory of the cells that are expected, in MiB: spare isolates are made for it. Default: the session's default. */
    readonly memoryMb?: number;
};
/** What a pool is made of: how to start one host, and how many. */
export type HostPoolParts = {
    readonly start: () => Transport;
    readonly size: number;
    readonly spares: number;
    readonly memoryMb: number;
};
/** Whose cells a host takes: everybody's, or those of one owner. */
type Owner = object | null;
/** The hosts that cells run on. Sessions may share a pool; whoever made it disposes it. */
export declare class HostPool implements AsyncDisposable {
    #private;
    constructor(parts: HostPoolParts);
    /** Memory that spare isolates are made for, in MiB. */
    get memoryMb(): number;
    /** Resolves when a host for `owner` is running. Throws `HOST_START_FAILED`. */
    warm(owner: Owner): Promise<void>;
    /** A number under which hosts remember a catalogue. */
    nameCatalogue(): number;
    forgetCatalogue(catalogue: number): void;
    /** The running host with the fewest cells; starts another in the background while there are too few. */
    pick(owner: Owner): Host | null;
    /** A host for `owner`, waited for. Throws `HOST_START_FAILED`. */
    place(owner: Owner): Promise<Host>;
    /** A host for one cell alone. It ends with `release`. */
    placeAlone(): Promise<Host>;
    /** Lets go of a host that was for one cell alone. */
    release(host: Host): Promise<void>;
    /** Lets go of the hosts that an owner had for itself. */
    releaseOwner(owner: object): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
/** A pool of host processes. They start with the first session; `createHostPool` itself starts nothing. */
export declare function createHostPool(options?: HostPoolOptions): HostPool;
export {};
//# sourceMappingURL=host-pool.d.ts.map