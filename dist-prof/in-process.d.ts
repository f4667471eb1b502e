import { HostPool } from './session/host-pool.ts';
/**
 * Hosts inside this process, for tests and for embedders who choose it: there is no boundary between a cell and this
 * process, and no watch over memory. Node must have been started with `--no-node-snapshot`.
 */
export declare function inProcessHostPool(): HostPool;
//# sourceMappingURL=in-process.d.ts.map