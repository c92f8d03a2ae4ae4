"""Line modes: the same questions as the screens, one line at a time."""
