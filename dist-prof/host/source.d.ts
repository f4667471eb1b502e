import type { Isolate } from './isolate.ts';
/** What became of a source: ready to run, or the text of the error that it starts with. */
export type LoadedSource = {
    readonly type: 'ready';
} | {
    readonly type: 'rejected';
    readonly errorText: string;
} | {
    readonly type: 'failed';
    readonly errorText: string;
};
/**
 * Compiles a cell's source as the module `exec_main.mjs`. V8 judges the text as it stands; then the parts that cannot
 * stand inside the wrapper of `Isolate.load` are changed in place, so that lines and columns stay what the model wrote.
 */
export declare function loadSource(isolate: Isolate, text: string): LoadedSource;
//# sourceMappingURL=source.d.ts.map