/**
 * How long an observation lasts in the end, in milliseconds: requests from ten seconds on get a second of grace, then the
 * cap of the session holds (contract A6).
 */
export function effectiveYieldTimeMs(cap, requested) {
    const withGrace = requested >= 10_000 ? requested + 1_000 : requested;
    return cap === null ? withGrace : Math.min(withGrace, cap);
}
//# sourceMappingURL=yield-time.js.map