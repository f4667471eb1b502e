import { Isolate } from './isolate.ts';
/** Isolates made ahead of need, each used once. Those for the catalogues used last have the tools in them already. */
export declare class SpareIsolates {
    #private;
    constructor({ size, memoryMb }: {
        size: number;
        memoryMb: number;
    });
    addCatalogue(catalogue: number, json: string): void;
    forgetCatalogue(catalogue: number): void;
    /** An isolate with the catalogue installed; made now when none waits. */
    take(catalogue: number, memoryMb: number): Isolate;
    dispose(): void;
}
//# sourceMappingURL=spare-isolates.d.ts.map