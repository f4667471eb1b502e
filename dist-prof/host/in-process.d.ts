import type { Transport } from '../protocol/transport.ts';
/**
 * A host inside this process: no frames, no second process, and therefore no boundary: what crashes V8 crashes this
 * process, and nothing outside watches memory. Node must have been started with `--no-node-snapshot`.
 */
export declare function startInProcessHost(): Transport;
//# sourceMappingURL=in-process.d.ts.map