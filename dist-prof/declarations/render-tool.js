import { renderSchema } from './render-schema.js';
/** A type that is longer than this says nothing to a model that is worth its tokens (contract 15.3). */
const maxInputLength = 16_000;
/** The type of a tool's argument. */
export function renderInput(schema) {
    const type = renderSchema(schema);
    return type.length > maxInputLength ? 'unknown' : type;
}
/** The type of a tool's result; an MCP result by its usual name (contract 15.4). */
export function renderOutput(schema) {
    const properties = propertiesOf(schema);
    if (properties === null || !isMcpResult(properties))
        return renderSchema(schema);
    const structured = renderSchema(properties['structuredContent']);
    return structured === 'unknown' ? 'CallToolResult' : `CallToolResult<${structured}>`;
}
/** What a model reads about one tool: its description and its declaration (contract 15.5). */
export function augmentedDescription(tool) {
    const argument = tool.kind === 'freeform' ? 'input: string' : `args: ${renderInput(tool.inputSchema)}`;
    const signature = `${tool.identifier}(${argument}): Promise<${renderOutput(tool.outputSchema)}>;`;
    const declaration = `declare const tools: { ${signature} };`;
    const fence = '`'.repeat(longestRun(declaration) + 1);
    return `${tool.description}\n\nexec tool declaration:\n${fence}ts\n${declaration}\n${fence}`;
}
/** The longest run of back-ticks, at least two: a fence that is longer cannot be closed from inside. */
function longestRun(text) {
    let longest = 2;
    for (const [run] of text.matchAll(/`+/g))
        longest = Math.max(longest, run.length);
    return longest;
}
function isMcpResult(properties) {
    const { content, isError, _meta: meta } = properties;
    return typeOf(content) === 'array' && typeOf(isError) === 'boolean' && typeOf(meta) === 'object';
}
function propertiesOf(schema) {
    const properties = isRecord(schema) ? schema['properties'] : undefined;
    return isRecord(properties) ? properties : null;
}
function typeOf(schema) {
    return isRecord(schema) ? schema['type'] : undefined;
}
function isRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
//# sourceMappingURL=render-tool.js.map