// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { DodoMath } from "./DodoMath.sol";

/// @title DodoClassicalOwnable
/// @notice Twin of DODOEX/dodo-smart-contract `lib/{Ownable,InitializableOwnable}.sol`.
/// @dev Reproduces: an owner handed over in two steps; `NOT_OWNER`, `INVALID_OWNER`, `INVALID_CLAIM`; events.
/// Leaves out: nothing.
abstract contract DodoClassicalOwnable {
    address public _OWNER_;
    address public _NEW_OWNER_;

    event OwnershipTransferPrepared(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    modifier onlyOwner() {
        require(msg.sender == _OWNER_, "NOT_OWNER");
        _;
    }

    function transferOwnership(address newOwner) external onlyOwner {
        require(newOwner != address(0), "INVALID_OWNER");
        emit OwnershipTransferPrepared(_OWNER_, newOwner);
        _NEW_OWNER_ = newOwner;
    }

    function claimOwnership() external {
        require(msg.sender == _NEW_OWNER_, "INVALID_CLAIM");
        _setOwner(_NEW_OWNER_);
        _NEW_OWNER_ = address(0);
    }

    function _setOwner(address newOwner) internal {
        emit OwnershipTransferred(_OWNER_, newOwner);
        _OWNER_ = newOwner;
    }
}

/// @title DodoClassicalShares
/// @notice Twin of DODOEX/dodo-smart-contract `impl/DODOLpToken.sol`: shares in one of the two sides of a classical pool.
/// @dev Reproduces: name and decimals of the token that they are shares of, `BALANCE_NOT_ENOUGH`, `ALLOWANCE_NOT_ENOUGH`,
/// minting and burning by the pool alone, events. Leaves out: nothing.
contract DodoClassicalShares is DodoClassicalOwnable {
    using DodoMath for uint256;

    string public symbol = "DLP";
    address public originToken;
    uint256 public totalSupply;
    mapping(address owner => uint256 shares) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);
    event Mint(address indexed user, uint256 value);
    event Burn(address indexed user, uint256 value);

    constructor(address token) {
        _setOwner(msg.sender);
        originToken = token;
    }

    function name() external view returns (string memory) {
        return string.concat(IERC20Metadata(originToken).name(), "_DODO_LP_TOKEN_");
    }

    function decimals() external view returns (uint8) {
        return IERC20Metadata(originToken).decimals();
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        require(amount <= balanceOf[msg.sender], "BALANCE_NOT_ENOUGH");
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        require(amount <= balanceOf[from], "BALANCE_NOT_ENOUGH");
        require(amount <= allowance[from][msg.sender], "ALLOWANCE_NOT_ENOUGH");
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function mint(address user, uint256 value) external onlyOwner {
        balanceOf[user] = balanceOf[user].add(value);
        totalSupply = totalSupply.add(value);
        emit Mint(user, value);
        emit Transfer(address(0), user, value);
    }

    function burn(address user, uint256 value) external onlyOwner {
        balanceOf[user] = balanceOf[user].sub(value);
        totalSupply = totalSupply.sub(value);
        emit Burn(user, value);
        emit Transfer(user, address(0), value);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] = balanceOf[to].add(amount);
        emit Transfer(from, to, amount);
    }
}
