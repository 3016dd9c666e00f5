// SwiftPM links a C target only if it has something to compile; everything is in the header.
#include "CCurl.h"
