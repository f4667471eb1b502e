export type DeclaredTool = {
    readonly identifier: string;
    readonly kind: 'function' | 'freeform';
    readonly description: string;
    readonly inputSchema: unknown;
    readonly outputSchema: unknown;
};
/** The type of a tool's argument. */
export declare function renderInput(schema: unknown): string;
/** The type of a tool's result; an MCP result by its usual name (contract 15.4). */
export declare function renderOutput(schema: unknown): string;
/** What a model reads about one tool: its description and its declaration (contract 15.5). */
export declare function augmentedDescription(tool: DeclaredTool): string;
//# sourceMappingURL=render-tool.d.ts.map