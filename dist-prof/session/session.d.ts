import type { Session, SessionOptions } from './session-options.ts';
/**
 * Opens a session and waits until a host is running. Throws `INVALID_OPTION` for a bad limit, `HOST_START_FAILED` when no
 * host can be started, and the reason of `signal` when that was aborted first.
 */
export declare function createSession(options?: SessionOptions): Promise<Session>;
//# sourceMappingURL=session.d.ts.map