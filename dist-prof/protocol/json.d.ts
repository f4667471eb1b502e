/** Any value that JSON text can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export type JsonObject = {
    readonly [key: string]: JsonValue;
};
export declare function isRecord(value: unknown): value is Record<string, unknown>;
/** How deep JSON text nests arrays and objects, counted up to `limit + 1`. A scalar has depth 0. */
export declare function jsonDepth(text: string, limit: number): number;
//# sourceMappingURL=json.d.ts.map