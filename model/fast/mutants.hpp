// model/fast/mutants.hpp - placeholder of the table of mutants
#pragma once
#define FL_MUTANT(name) false
