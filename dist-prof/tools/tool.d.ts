/** What a nested tool call knows about itself. */
export type ToolCallContext = {
    /** The cell that called. */
    readonly cellId: string;
    /** `tool-1`, `tool-2`, … in the order of the calls of that cell. */
    readonly callId: string;
    /** The call id of the `exec` that started the cell, where the caller gave one. */
    readonly execCallId: string | null;
    /** Aborted when the answer is not wanted any more: the cell ended, was terminated, or the call ran out of time. */
    readonly signal: AbortSignal;
};
/**
 * The one shape of a tool; every adapter translates into it. A *function* tool takes a JSON object (`{}` when the cell
 * passed nothing), a *freeform* tool takes a string; anything else is refused before `call` is reached.
 */
export interface Tool {
    readonly name: string;
    /** Joined in front of the name, for example `mcp__github`. */
    readonly namespace?: string | null;
    readonly kind?: 'function' | 'freeform';
    readonly description?: string;
    /** JSON Schema of the input, as it came. */
    readonly inputSchema?: unknown;
    /** JSON Schema of the result, as it came. */
    readonly outputSchema?: unknown;
    /**
     * Runs the tool. What it returns reaches the cell as JSON; what it throws reaches the cell as text, without stack or
     * other fields.
     */
    call(input: unknown, context: ToolCallContext): unknown;
}
//# sourceMappingURL=tool.d.ts.map