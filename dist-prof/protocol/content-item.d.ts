/** How closely a model should look at an image. */
export type ImageDetail = 'auto' | 'low' | 'high' | 'original';
/** One piece of a cell's output, in the form the reference uses (contract section 13). */
export type ContentItem = {
    readonly type: 'input_text';
    readonly text: string;
} | {
    readonly type: 'input_image';
    readonly image_url: string;
    readonly detail: ImageDetail;
} | {
    readonly type: 'input_audio';
    readonly audio_url: string;
};
export declare function isImageDetail(value: unknown): value is ImageDetail;
//# sourceMappingURL=content-item.d.ts.map