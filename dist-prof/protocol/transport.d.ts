import type { FromHost, ToHost } from './message.ts';
/**
 * How a transport ended: closed by this end, or lost. `reason` may be shown to a model; `detail`, the end of the other
 * end's error stream, is for whoever runs it.
 */
export type TransportEnd = {
    readonly type: 'closed';
} | {
    readonly type: 'lost';
    readonly reason: string;
    readonly detail: string;
    readonly cause: unknown;
};
/** The way from a session to one host. Messages arrive in the order in which they were sent. */
export interface Transport extends AsyncDisposable {
    /** Hands over a message. Never throws; after the end it does nothing. */
    send(message: ToHost): void;
    /** Called once, before the first message is expected. Every message is parsed and trusted in shape. */
    listen(onMessages: (messages: readonly FromHost[]) => void): void;
    /** Resolves once, when the other end is gone; never rejects. */
    readonly ended: Promise<TransportEnd>;
    /** Ends the other end at once, without its help. */
    kill(): void;
    /** Memory that the other end occupies, in bytes, or null where it cannot be told apart from ours. */
    residentBytes(): number | null;
}
//# sourceMappingURL=transport.d.ts.map