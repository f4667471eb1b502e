import type { ContentItem } from '../protocol/content-item.ts';
/** Collects the output of a cell between two observations. */
export interface OutputBuffer {
    add(item: ContentItem): void;
    /** Bytes held, in UTF-8. */
    readonly bytes: number;
    /** Hands over what has gathered, and forgets it. */
    take(): readonly ContentItem[];
}
/** Keeps everything; its owner watches `bytes`. */
export declare class WholeOutput implements OutputBuffer {
    #private;
    bytes: number;
    add(item: ContentItem): void;
    take(): readonly ContentItem[];
}
/**
 * Keeps the first and the last 512 KiB of text, 8 MiB of images and audio and 32 768 items, with a remark where the rest
 * was, as the reference's bounded sessions do (contract section 16.5).
 */
export declare class BoundedOutput implements OutputBuffer {
    #private;
    get bytes(): number;
    add(item: ContentItem): void;
    take(): readonly ContentItem[];
}
//# sourceMappingURL=output-buffer.d.ts.map