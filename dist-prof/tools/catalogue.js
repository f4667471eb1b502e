import { createHash } from 'node:crypto';
import { augmentedDescription } from '../declarations/render-tool.js';
import { joinName, normalizeName } from './names.js';
/**
 * Builds the catalogue. `exec` and `wait` are never nested; of two tools with the same namespace and name the first stays;
 * tools whose names differ but come to the same identifier all get a suffix made from their raw names.
 */
export function createCatalogue(tools) {
    const byIdentifier = new Map();
    for (const [identifier, group] of groupByIdentifier(tools)) {
        const [only, ...others] = group;
        if (only !== undefined && others.length === 0)
            byIdentifier.set(identifier, only);
        else
            for (const tool of group)
                byIdentifier.set(suffixed(identifier, tool, byIdentifier), tool);
    }
    const entries = [...byIdentifier]
        .map(([identifier, tool]) => ({ identifier, tool, description: describe(identifier, tool) }))
        .sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
    return {
        entries,
        find: (identifier) => byIdentifier.get(identifier),
        json: JSON.stringify(entries.map(({ identifier, description }) => ({ name: identifier, description }))),
    };
}
function describe(identifier, { kind = 'function', description = '', inputSchema, outputSchema }) {
    return augmentedDescription({ identifier, kind, description, inputSchema, outputSchema });
}
function groupByIdentifier(tools) {
    const groups = new Map();
    const known = new Set();
    for (const tool of tools) {
        const raw = rawIdentity(tool);
        if (known.has(raw))
            continue;
        known.add(raw);
        const identifier = normalizeName(joinName(tool.namespace ?? null, tool.name));
        if (identifier === 'exec' || identifier === 'wait')
            continue;
        const group = groups.get(identifier);
        if (group === undefined)
            groups.set(identifier, [tool]);
        else
            group.push(tool);
    }
    return groups;
}
function suffixed(identifier, tool, taken) {
    const hash = createHash('sha1').update(rawIdentity(tool)).digest('hex');
    const short = `${identifier}_${hash.slice(0, 12)}`;
    return taken.has(short) ? `${identifier}_${hash}` : short;
}
function rawIdentity(tool) {
    return `${tool.namespace ?? ''}\0${tool.name}`;
}
//# sourceMappingURL=catalogue.js.map