/**
 * Every code an error of codecell can carry. `docs/errors.md` has a heading for each; a test compares the two lists.
 * A failing script is not an error of ours: it is an outcome with an `errorText`.
 */
export const errorCodes = [
    'CELL_BUSY',
    'CELL_TERMINATING',
    'CONFIG_INVALID',
    'EXEC_INPUT_INVALID',
    'FRAME_TOO_LARGE',
    'HOST_EXITED',
    'HOST_START_FAILED',
    'INVALID_OPTION',
    'LIMIT_EXCEEDED',
    'PROTOCOL_VIOLATION',
    'SERVER_START_FAILED',
    'SESSION_CLOSED',
    'TOOL_FAILED',
    'WAIT_INPUT_INVALID',
];
/** The one error class of this package. `code` is stable, `message` is for people, `cause` is what lay underneath. */
export class CodecellError extends Error {
    name = 'CodecellError';
    code;
    constructor(code, message, options) {
        super(message, options);
        this.code = code;
    }
}
/** The message of anything that was thrown, without its stack; never throws. */
export function messageOf(thrown) {
    try {
        if (thrown instanceof Error)
            return thrown.message === '' ? thrown.name : thrown.message;
        return typeof thrown === 'string' ? thrown : String(thrown);
    }
    catch {
        return 'an error without a text';
    }
}
//# sourceMappingURL=errors.js.map