import type { CellLimits } from '../protocol/cell-limits.ts';
import { type Emitted } from './bridge.ts';
/** What an isolate tells the cell that runs in it. */
export interface IsolateListener {
    emitted(emission: Emitted): void;
    /** Resolves when the host can take more; the cell stands still until then. */
    fence(): Promise<void>;
    /** V8 has lost control of the isolate: its thread never comes back. */
    lost(message: string): void;
}
/**
 * One isolate with the prelude in it, for one cell. The only file that touches isolated-vm: what crosses is strings and
 * numbers, through one callback out and one function in. Calls run on isolated-vm's threads, never on this one.
 */
export declare class Isolate {
    #private;
    readonly memoryMb: number;
    constructor(memoryMb: number);
    /** From here on `listener` hears what the cell does. */
    attach(listener: IsolateListener): void;
    /** Installs `tools` and `ALL_TOOLS`. `json` is the text of the latter. */
    installCatalogue(json: string): void;
    preload(key: string, json: string): void;
    configure({ time, seed, limits }: {
        time: number;
        seed: number;
        limits: CellLimits;
    }): void;
    /** Compiles a whole module and names what it imports. Throws V8's `SyntaxError`. */
    check(source: string): readonly string[];
    /** Name that stands for `import(…)` in a source that is passed to `load`: as long as the keyword. */
    get importName(): string;
    /** Makes a checked source ready to run. It is wrapped so that its end and its error are reported from inside. */
    load(source: string): void;
    /** Runs the loaded source until it waits, micro-tasks included. Settles either way; a rejection says nothing. */
    run(): Promise<unknown>;
    /** Hands in one command and runs the cell until it waits again. Settles like `run`. */
    receive(kind: number, id: number, time: number, body: string): Promise<unknown>;
    /** Processor time in milliseconds; for a slice that is running now this is wall time, an upper bound. */
    get cpuMs(): number;
    get isDisposed(): boolean;
    /** Throws the isolate away; a thread that runs in it stops at its next check, or not at all. */
    dispose(): void;
}
//# sourceMappingURL=isolate.d.ts.map