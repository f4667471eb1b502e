import type { Tool } from './tool.ts';
/** One tool as cells reach it: `tools.<identifier>`. */
export type CatalogueEntry = {
    readonly identifier: string;
    readonly tool: Tool;
    readonly description: string;
};
/** The tools of a session, frozen: what `ALL_TOOLS` lists, what can be called, and nothing else. */
export type Catalogue = {
    /** Sorted by identifier. */
    readonly entries: readonly CatalogueEntry[];
    /** The tool behind an identifier, or undefined. */
    find(identifier: string): Tool | undefined;
    /** JSON text of `ALL_TOOLS`. */
    readonly json: string;
};
/**
 * Builds the catalogue. `exec` and `wait` are never nested; of two tools with the same namespace and name the first stays;
 * tools whose names differ but come to the same identifier all get a suffix made from their raw names.
 */
export declare function createCatalogue(tools: readonly Tool[]): Catalogue;
//# sourceMappingURL=catalogue.d.ts.map