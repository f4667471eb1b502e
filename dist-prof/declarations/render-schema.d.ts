/**
 * The TypeScript type of a JSON Schema, in the reference's style (contract 15.1, 15.2). Never throws; what cannot be said
 * is `unknown`.
 */
export declare function renderSchema(schema: unknown): string;
//# sourceMappingURL=render-schema.d.ts.map