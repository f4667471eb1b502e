/**
 * What became of a source that may be TypeScript: without its types, at unchanged positions; or TypeScript that cannot
 * be had by taking types away, with the reason; or no TypeScript either.
 */
export type StrippedSource = {
    readonly type: 'stripped';
    readonly source: string;
} | {
    readonly type: 'unsupported';
    readonly reason: string;
} | {
    readonly type: 'not_typescript';
};
/**
 * Takes types away from TypeScript. Node's own parser does it, on a thread of its own with bounded memory, because the
 * source is hostile and the agent's thread must not wait for it. The thread starts with the first source.
 */
export declare class TypeStripper implements AsyncDisposable {
    #private;
    strip(source: string): Promise<StrippedSource>;
    [Symbol.asyncDispose](): Promise<void>;
}
//# sourceMappingURL=type-stripper.d.ts.map