/**
 * The globals of a cell except `tools`, for a type checker. Stored values have the type `any`, so correct programs have
 * no type errors.
 */
export const cellGlobals = `declare const ALL_TOOLS: { name: string; description: string }[];
declare function text(value: unknown): void;
declare function image(value: string | { image_url: string; detail?: string | null } | { type: "image"; data: string; mimeType: string } | ContentBlock, detail?: "auto" | "low" | "high" | "original"): void;
declare function audio(value: string | { audio_url: string } | { type: "audio"; data: string; mimeType: string } | ContentBlock): void;
declare function generatedImage(result: object): void;
declare function content(blocks: object | readonly object[]): void;
declare function store(key: string, value: unknown): void;
declare function load(key: string): any;
declare function notify(value: unknown): void;
declare function setTimeout(callback: () => unknown, delayMs?: number): number;
declare function clearTimeout(id?: number | null): void;
declare function yield_control(): void;
declare function exit(): never;
type Settled<K, T> = { index: K; status: "fulfilled"; value: T } | { index: K; status: "rejected"; reason: any };
declare function as_settled<K, T>(promises: ReadonlyMap<K, T>): AsyncGenerator<Settled<K, Awaited<T>>, void, unknown>;
declare function as_settled<T>(promises: Iterable<T>): AsyncGenerator<Settled<number, Awaited<T>>, void, unknown>;
declare function stream_settled<K, T>(promises: ReadonlyMap<K, T>, callback: (record: Settled<K, Awaited<T>>) => unknown): Promise<void>;
declare function stream_settled<T>(promises: Iterable<T>, callback: (record: Settled<number, Awaited<T>>) => unknown): Promise<void>;`
