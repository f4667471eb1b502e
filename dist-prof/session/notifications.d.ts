/** Hands over one notification; what it returns or throws changes nothing but the time it takes. */
export type Deliver = (text: string, options: {
    signal: AbortSignal;
}) => unknown;
/** The notifications of one cell: delivered one at a time, in the order in which they were sent. */
export declare class Notifications {
    #private;
    constructor(deliver: Deliver, { timeoutMs }: {
        timeoutMs: number;
    });
    get isDelivering(): boolean;
    send(text: string): void;
    /** Calls back, once, when nothing is left to deliver; at once when that is now. */
    whenDrained(callback: () => void): void;
    /** Drops what has not been delivered and gives up what is being delivered. */
    cancel(): void;
}
//# sourceMappingURL=notifications.d.ts.map