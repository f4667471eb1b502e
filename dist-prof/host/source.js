import { parse } from 'acorn';
import { messageOf } from '../errors.js';
/**
 * Compiles a cell's source as the module `exec_main.mjs`. V8 judges the text as it stands; then the parts that cannot
 * stand inside the wrapper of `Isolate.load` are changed in place, so that lines and columns stay what the model wrote.
 */
export function loadSource(isolate, text) {
    const source = text.startsWith('#!') ? `//${text.slice(2)}` : text;
    try {
        const imports = isolate.check(source);
        if (imports[0] !== undefined) {
            return { type: 'failed', errorText: `Unsupported import in exec: ${imports[0]}` };
        }
        isolate.load(withoutModuleSyntax(source, isolate.importName));
        return { type: 'ready' };
    }
    catch (error) {
        return { type: 'rejected', errorText: syntaxErrorText(error) };
    }
}
/** V8's text with the position on a line of its own; isolated-vm appends it as `[file:line:column]`. */
function syntaxErrorText(error) {
    const message = messageOf(error);
    const position = /^(.*) \[exec_main\.mjs:(\d+):(\d+)\]$/s.exec(message);
    return position === null
        ? `SyntaxError: ${message}`
        : `SyntaxError: ${position[1]}\n    at exec_main.mjs:${position[2]}:${position[3]}`;
}
/** Takes `export` away and points `import(…)` at the driver. */
function withoutModuleSyntax(source, importName) {
    if (!/\b(?:import|export)\b/.test(source))
        return source;
    const program = tryParse(source);
    if (program === null)
        return source;
    const edits = [...exportEdits(program, source), ...importEdits(program, importName)];
    return applyEdits(source, edits);
}
/** Null for syntax that V8 knows and the parser does not yet: such a source runs unchanged. */
function tryParse(source) {
    try {
        return parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
    }
    catch {
        return null;
    }
}
function exportEdits(program, source) {
    const edits = [];
    for (const statement of program.body) {
        if (statement.type === 'ExportNamedDeclaration') {
            const end = statement.declaration?.start ?? statement.end;
            edits.push({ start: statement.start, end, text: blank(source.slice(statement.start, end)) });
        }
        else if (statement.type === 'ExportDefaultDeclaration') {
            const { start, declaration } = statement;
            const named = 'id' in declaration && declaration.id !== null && declaration.type.endsWith('Declaration');
            const text = blank(source.slice(start, declaration.start));
            edits.push({ start, end: declaration.start, text: named ? text : `void${text.slice(4)}` });
        }
    }
    return edits;
}
function importEdits(program, importName) {
    const edits = [];
    const waiting = [program];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
        if (Array.isArray(node))
            waiting.push(...node.filter((element) => element !== null));
        else if (isNode(node)) {
            if (node.type === 'ImportExpression')
                edits.push({ start: node.start, end: node.start + 6, text: importName });
            waiting.push(...Object.values(node).filter((child) => typeof child === 'object' && child !== null));
        }
    }
    return edits;
}
function isNode(value) {
    return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
/** The same lines and columns with nothing on them. */
function blank(text) {
    return text.replace(/[^\r\n\u2028\u2029]/g, ' ');
}
function applyEdits(source, edits) {
    let result = '';
    let from = 0;
    for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
        result += source.slice(from, start) + text;
        from = end;
    }
    return result + source.slice(from);
}
//# sourceMappingURL=source.js.map