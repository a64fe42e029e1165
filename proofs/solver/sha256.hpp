// proofs/solver/sha256.hpp - SHA-256, for naming queries.
//
// Why: a remembered verdict is found by the digest of its query; a collision would be a wrong
//      proof, so the digest is a cryptographic one and not a quick hash.
// Source: FIPS 180-4 "Secure Hash Standard", sections 4.1.2, 4.2.2, 5.1.1, 5.3.3, 6.2.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace faultline::proofs {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
public:
    Sha256& add(std::string_view bytes);
    Sha256& add(const Digest& d) {
        return add(std::string_view(reinterpret_cast<const char*>(d.data()), d.size()));
    }
    /// Adds a number as eight bytes.
    Sha256& add(std::uint64_t n);
    Digest finish();

private:
    void block(const std::uint8_t* p);
    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> buffer_{};
    std::uint64_t length_ = 0;
};

std::string hex(const Digest& d);

}  // namespace faultline::proofs
