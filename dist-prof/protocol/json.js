export function isRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** How deep JSON text nests arrays and objects, counted up to `limit + 1`. A scalar has depth 0. */
export function jsonDepth(text, limit) {
    // Every level costs an opening and a closing character.
    if (text.length <= limit * 2)
        return 0;
    let depth = 0;
    let deepest = 0;
    let inString = false;
    for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        if (inString) {
            if (code === 0x5c)
                index++;
            else if (code === 0x22)
                inString = false;
        }
        else if (code === 0x22)
            inString = true;
        else if (code === 0x5b || code === 0x7b) {
            depth++;
            if (depth > deepest)
                deepest = depth;
            if (deepest > limit)
                return deepest;
        }
        else if (code === 0x5d || code === 0x7d)
            depth--;
    }
    return deepest;
}
//# sourceMappingURL=json.js.map