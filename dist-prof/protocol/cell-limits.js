/** The text of every limit error, in the form of the reference's resource errors (contract section 18). */
export function limitText(resource, limit, observed) {
    return `resource limit exceeded: code=resource_exhausted resource=${resource} limit=${limit} observed=${observed}`;
}
//# sourceMappingURL=cell-limits.js.map