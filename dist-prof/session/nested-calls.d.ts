import type { Catalogue } from '../tools/catalogue.ts';
import type { Limits } from './limits.ts';
/** The answer to a nested tool call: JSON text, or the text it failed with. */
export type ToolAnswer = {
    readonly type: 'tool_response';
    readonly body: string;
} | {
    readonly type: 'tool_error';
    readonly body: string;
};
export type NestedCallsOptions = {
    readonly cellId: string;
    readonly execCallId: string | null;
    readonly catalogue: Catalogue;
    readonly limits: Limits;
    readonly answered: (id: number, answer: ToolAnswer) => void;
};
/** The nested tool calls of one cell: each reaches its tool once, and is answered at most once. */
export declare class NestedCalls {
    #private;
    constructor(options: NestedCallsOptions);
    /** Calls that are not answered yet. */
    get size(): number;
    /** Makes the call a cell asked for. False when the cell's host speaks of a call or a tool that cannot be. */
    make(id: number, identifier: string, input: string): boolean;
    /** Tells every tool that its answer is not wanted any more; late answers go nowhere. */
    cancel(): void;
}
//# sourceMappingURL=nested-calls.d.ts.map