#pragma once
#include <highwayhash/c_bindings.h>
