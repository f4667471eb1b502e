/** The largest frame that is read or written, in bytes. */
export declare const maxFrameBytes: number;
export declare function encodeFrames(messages: readonly object[]): Buffer[];
/** Puts chunks of a byte stream back together into messages. One reader serves one stream. */
export declare class FrameReader {
    #private;
    /** True when the stream may end here: no frame has been begun. */
    get atBoundary(): boolean;
    /** The messages that `chunk` completes, unparsed. Throws `FRAME_TOO_LARGE` or `PROTOCOL_VIOLATION`. */
    push(chunk: Buffer): unknown[];
}
//# sourceMappingURL=frame.d.ts.map