/**
 * How long an observation lasts in the end, in milliseconds: requests from ten seconds on get a second of grace, then the
 * cap of the session holds (contract A6).
 */
export declare function effectiveYieldTimeMs(cap: number | null, requested: number): number;
//# sourceMappingURL=yield-time.d.ts.map