import { type FromHost, type ToHost } from '../protocol/message.ts';
/** Where a runtime's messages go. */
export interface Outlet {
    /** Passes messages on. False when the other end is behind: then `drained` says when it has caught up. */
    deliver(messages: readonly FromHost[]): boolean;
    drained(): Promise<void>;
}
/** The host: holds isolates, runs cells in them, and knows nothing else. One for a process. */
export declare class HostRuntime {
    #private;
    constructor(outlet: Outlet);
    receive(message: ToHost): void;
    /** Lets go of everything; for a host inside another process. */
    dispose(): void;
}
//# sourceMappingURL=runtime.d.ts.map