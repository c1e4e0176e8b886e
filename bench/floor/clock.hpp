// What a work has taken since it began.
#pragma once

namespace ankiwire::floors {

// What came before was only to prepare it.
void restart_clock();
double seconds();
double cpu_seconds();  // of this process

}  // namespace ankiwire::floors
