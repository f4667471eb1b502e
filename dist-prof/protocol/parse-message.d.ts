import type { FromHost, ToHost } from './message.ts';
/**
 * Turns an untrusted value into a message of a host, or throws `PROTOCOL_VIOLATION`. Unknown fields are dropped. What a
 * message may say in the state its cell is in is checked by whoever receives it.
 */
export declare function parseFromHost(value: unknown): FromHost;
/** The same for what a host receives. Its sender is the process that started it, so only the shape is looked at. */
export declare function parseToHost(value: unknown): ToHost;
//# sourceMappingURL=parse-message.d.ts.map