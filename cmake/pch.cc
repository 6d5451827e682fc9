// The home of the shared precompiled header (cmake/torch.cmake).
