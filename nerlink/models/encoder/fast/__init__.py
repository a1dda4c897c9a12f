"""What makes an encoder fast: no padding, buffers that are used again, fewer bits."""
