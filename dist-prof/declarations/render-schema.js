/** What lies deeper, or comes after so many parts, is `unknown`: a schema is somebody else's text. */
const maxDepth = 48;
const maxParts = 4_000;
/** How often one reference is followed on one path before it is `unknown` (contract 15.2). */
const maxExpansions = 2;
/**
 * The TypeScript type of a JSON Schema, in the reference's style (contract 15.1, 15.2). Never throws; what cannot be said
 * is `unknown`.
 */
export function renderSchema(schema) {
    return new SchemaRenderer(schema).render(schema, new Map(), 0);
}
class SchemaRenderer {
    #root;
    #parts = 0;
    constructor(root) {
        this.#root = root;
    }
    render(schema, path, depth) {
        if (schema === false)
            return 'never';
        if (!isSchema(schema) || depth > maxDepth || ++this.#parts > maxParts)
            return 'unknown';
        return this.#renderObject(schema, path, depth);
    }
    #renderObject(schema, path, depth) {
        const { $ref: reference, const: constant, enum: values, type } = schema;
        const each = (members) => members.map((member) => this.render(member, path, depth + 1));
        if (typeof reference === 'string')
            return this.#renderReference(reference, schema, path, depth);
        if (constant !== undefined)
            return literal(constant);
        if (isNonEmpty(values))
            return values.map((value) => literal(value)).join(' | ');
        if (isNonEmpty(schema['anyOf']))
            return each(schema['anyOf']).join(' | ');
        if (isNonEmpty(schema['oneOf']))
            return each(schema['oneOf']).join(' | ');
        if (isNonEmpty(schema['allOf']))
            return each(schema['allOf']).map(asOperand).join(' & ');
        if (Array.isArray(type)) {
            return type.map((one) => this.#renderType(one, schema, path, depth)).join(' | ') || 'unknown';
        }
        return this.#renderType(type ?? impliedType(schema), schema, path, depth);
    }
    #renderReference(reference, schema, path, depth) {
        const expansions = path.get(reference) ?? 0;
        const target = expansions < maxExpansions ? resolvePointer(this.#root, reference) : undefined;
        const followed = new Map(path).set(reference, expansions + 1);
        const main = target === undefined ? 'unknown' : this.render(target, followed, depth + 1);
        const { $ref: _ref, $defs: _defs, definitions: _definitions, ...siblings } = schema;
        const beside = this.render(siblings, path, depth + 1);
        if (beside === 'unknown')
            return main;
        return main === 'unknown' ? beside : `(${main}) & (${beside})`;
    }
    #renderType(type, schema, path, depth) {
        switch (type) {
            case 'string':
            case 'boolean':
            case 'null':
                return type;
            case 'number':
            case 'integer':
                return 'number';
            case 'array':
                return this.#renderArray(schema, path, depth);
            case 'object':
                return this.#renderProperties(schema, path, depth);
            default:
                return 'unknown';
        }
    }
    #renderArray({ items, prefixItems }, path, depth) {
        if (items !== undefined)
            return `Array<${this.render(items, path, depth + 1)}>`;
        if (!isNonEmpty(prefixItems))
            return 'unknown[]';
        return `[${prefixItems.map((item) => this.render(item, path, depth + 1)).join(', ')}]`;
    }
    #renderProperties(schema, path, depth) {
        const properties = isSchema(schema['properties']) ? schema['properties'] : {};
        const required = Array.isArray(schema['required']) ? schema['required'] : [];
        const names = Object.keys(properties).sort();
        const fields = names.map((name) => {
            const optional = required.includes(name) ? '' : '?';
            return `${propertyName(name)}${optional}: ${this.render(properties[name], path, depth + 1)};`;
        });
        const comments = names.map((name) => commentOf(properties[name]));
        const index = this.#renderIndex(schema['additionalProperties'], names.length, path, depth);
        if (comments.every((comment) => comment === null))
            return oneLine([...fields, ...index]);
        const lines = fields.flatMap((field, at) => [...(comments[at] ?? []), `  ${field}`]);
        return ['{', ...lines, ...index.map((line) => `  ${line}`), '}'].join('\n');
    }
    #renderIndex(additional, properties, path, depth) {
        if (additional === false || (additional === undefined && properties > 0))
            return [];
        const type = isSchema(additional) ? this.render(additional, path, depth + 1) : 'unknown';
        return [`[key: string]: ${type};`];
    }
}
/** What a schema without `type` describes, judged by its other keywords. */
function impliedType(schema) {
    if ('properties' in schema || 'additionalProperties' in schema || 'required' in schema)
        return 'object';
    return 'items' in schema || 'prefixItems' in schema ? 'array' : 'unknown';
}
function oneLine(members) {
    return members.length === 0 ? '{}' : `{ ${members.join(' ')} }`;
}
/** Comment lines for a property, null when it has no description. A line terminator ends a comment, so none is left in. */
function commentOf(schema) {
    if (!isSchema(schema) || typeof schema['description'] !== 'string')
        return null;
    const lines = schema['description'].split(/[\n\r\u2028\u2029]/).map((line) => line.trim());
    return lines.filter((line) => line !== '').map((line) => `  // ${line}`);
}
function propertyName(name) {
    return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : literal(name);
}
/** A JSON value as a literal type, safe inside source text. */
function literal(value) {
    const json = JSON.stringify(value) ?? 'unknown';
    return json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
/** A union inside an intersection needs parentheses. Too many do no harm. */
function asOperand(type) {
    return /^[[{]/.test(type) || !type.includes(' | ') ? type : `(${type})`;
}
/** What a local JSON pointer leads to; undefined for anything else. */
function resolvePointer(root, reference) {
    if (reference === '#')
        return root;
    if (!reference.startsWith('#/'))
        return undefined;
    let target = root;
    for (const part of reference.slice(2).split('/')) {
        const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
        if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key))
            return undefined;
        target = Object.getOwnPropertyDescriptor(target, key)?.value;
    }
    return target;
}
function isSchema(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function isNonEmpty(value) {
    return Array.isArray(value) && value.length > 0;
}
//# sourceMappingURL=render-schema.js.map