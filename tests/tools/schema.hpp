// tests/tools/schema.hpp - checks a JSON value against the part of JSON Schema that ours uses.
//
// Why: a schema nobody checks against is a wish. Words it does not know are errors, so that the
//      schema cannot grow a rule this checker skips.
#pragma once
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace faultline::fake {

class SchemaChecker {
  public:
    explicit SchemaChecker(nlohmann::json schema) : root_(std::move(schema)) {}
    /// What is wrong, empty when nothing is.
    std::vector<std::string> check(const nlohmann::json& value) {
        wrong_.clear();
        at(root_, value, "$");
        return wrong_;
    }

  private:
    using Json = nlohmann::json;
    void complain(const std::string& path, const std::string& what) {
        if (wrong_.size() < 20) wrong_.push_back(path + ": " + what);
    }
    static bool is(const std::string& type, const Json& v) {
        return (type == "object" && v.is_object()) || (type == "array" && v.is_array()) ||
               (type == "string" && v.is_string()) || (type == "boolean" && v.is_boolean()) ||
               (type == "integer" && v.is_number_integer()) ||
               (type == "number" && v.is_number()) ||
               (type == "null" && v.is_null());
    }
    void object(const Json& schema, const Json& v, const std::string& path) {
        for (const auto& key : schema.at("required"))
            if (!v.contains(key.get<std::string>()))
                complain(path, "lacks " + key.get<std::string>());
        for (const auto& [key, each] : v.items()) {
            if (schema.at("properties").contains(key))
                at(schema.at("properties").at(key), each, path + "." + key);
            else
                complain(path, "has an unknown key " + key);
        }
    }
    void one_of(const Json& choices, const Json& v, const std::string& path) {
        int fits = 0;
        for (const Json& choice : choices) {
            SchemaChecker each(root_);
            each.at(choice, v, path);
            fits += each.wrong_.empty();
        }
        if (fits != 1) complain(path, "fits " + std::to_string(fits) + " of the choices");
    }
    void at(const Json& schema, const Json& v, const std::string& path) {
        static const std::set<std::string> known{
            "type", "required", "properties", "additionalProperties", "items", "enum", "const",
            "$ref", "oneOf", "minimum", "maximum", "$defs", "$schema", "$comment", "title"};
        for (const auto& [word, ignored] : schema.items())
            if (!known.count(word)) complain(path, "the schema says " + word);
        if (schema.contains("$ref")) {
            const std::string name = schema.at("$ref").get<std::string>().substr(8);  // "#/$defs/"
            return at(root_.at("$defs").at(name), v, path);
        }
        if (schema.contains("oneOf")) return one_of(schema.at("oneOf"), v, path);
        if (schema.contains("const") && schema.at("const") != v)
            complain(path, "is not the constant");
        if (schema.contains("enum")) {
            bool in = false;
            for (const Json& each : schema.at("enum")) in |= each == v;
            if (!in) complain(path, "is none of the values: " + v.dump());
        }
        if (schema.contains("type") && !is(schema.at("type"), v))
            return complain(path, "is no " + schema.at("type").get<std::string>());
        if (schema.contains("minimum") && v < schema.at("minimum")) complain(path, "is too small");
        if (schema.contains("maximum") && v > schema.at("maximum")) complain(path, "is too large");
        if (v.is_object() && schema.contains("properties")) object(schema, v, path);
        if (v.is_array() && schema.contains("items"))
            for (std::size_t i = 0; i < v.size(); ++i)
                at(schema.at("items"), v[i], path + "[" + std::to_string(i) + "]");
    }
    Json root_;
    std::vector<std::string> wrong_;
};

}  // namespace faultline::fake
