import { type FromHost, type HostCell, type ToHost } from '../protocol/message.ts';
import type { Transport } from '../protocol/transport.ts';
/** A cell as a host carries it. */
export interface HostedCell {
    /** Memory the cell may use, in MiB. */
    readonly memoryMb: number;
    /** True while commands are on their way that have not been handled. */
    readonly isBusy: boolean;
    /** Something the cell's runtime said. */
    heard(message: FromHost): void;
    /** The host is gone. */
    lost(loss: HostLoss): void;
}
/**
 * Why a host is gone, from the point of view of one of its cells. `guilty`: this cell did it. `suspect`: it may have.
 * `innocent`: it was waiting, or somebody else did it.
 */
export type HostLoss = {
    readonly role: 'guilty' | 'suspect' | 'innocent';
    readonly reason: string;
    /** The memory that was measured, in MiB, when that is why the host was killed. */
    readonly memoryMb: number | null;
};
export type HostOptions = {
    readonly spares: number;
    readonly memoryMb: number;
    /** A host for one cell alone, whose fault everything is. */
    readonly solo: boolean;
    readonly onGone: (host: Host) => void;
};
/** One host from the session's side: its cells, its health, and who is to blame when it dies. */
export declare class Host {
    #private;
    readonly ready: Promise<void>;
    readonly solo: boolean;
    constructor(transport: Transport, options: HostOptions);
    get isReady(): boolean;
    get isGone(): boolean;
    /** Cells that run here. */
    get load(): number;
    /** Takes a cell in; what the cell sends from now on names it by the returned number. */
    adopt(cell: HostedCell, catalogue: {
        readonly id: number;
        readonly json: string;
    }): HostCell;
    forgetCatalogue(catalogue: number): void;
    send(message: ToHost): void;
    /** Kills the host. Its cells hear `lost` once the process is gone, so nothing of theirs runs twice. */
    condemn(reason: string, culprit: HostedCell | null, memoryMb?: number | null): void;
    dispose(): Promise<void>;
}
//# sourceMappingURL=host.d.ts.map