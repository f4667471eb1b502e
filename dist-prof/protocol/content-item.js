const imageDetails = ['auto', 'low', 'high', 'original'];
export function isImageDetail(value) {
    return imageDetails.some((detail) => detail === value);
}
//# sourceMappingURL=content-item.js.map